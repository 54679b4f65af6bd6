"""The Smart-ID side of a registration, sans-IO: tables of states, events and refusals, and their workings.

To read it, begin with the three parties: `app` (on the phone), `visit` (a browser at the `portal`) and `core`
(the account server that joins them). Around them:

- what may happen: `app_life`, `portal_life` (tables), `machine` (what tables can do), `vocabulary` (closed
  lists of words), `refusal`, `settings`;
- what is remembered and shown: `model`, `visit_record`, `screen`, `audit`, `observer`, `outbox`;
- what a visit is made of: `visit_course` (what all parts share), `visit_login`, `visit_code`,
  `visit_signing`, `visit_account`;
- logging in and signing: `web_eid_token`, `login_ticket`, `client_handshake`, `certificate_check`,
  `ocsp_check`, `identity`, `national_identifier`, `contact`, `application`;
- for whom an account can be had: `population_register`, `eligibility`, `guardian`;
- what joins phone and portal: `registration_code`, `code_desk`, `line`;
- PINs and keys: `pin_rule`, `key_share` (the arithmetic), `key_server` (attempts, locks, clones), `key_pool`,
  `encoded_message`, `confirmation` (the last step), `account_certificate`.
"""
