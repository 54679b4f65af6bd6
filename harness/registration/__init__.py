"""The Smart-ID side of a registration: sessions of app, portal and core as tables, without I/O."""
