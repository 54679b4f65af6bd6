"""What `softeid up` runs: a lab that stays, in one process, with a folder of its own."""
