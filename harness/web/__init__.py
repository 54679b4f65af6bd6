"""The rim of the lab that people and programs reach with a browser or HTTP; it needs the extra `lab`."""
