"""The story: people, cards, portal, phone, clock and authority of a scenario."""
