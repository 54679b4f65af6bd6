"""What the lab's pages show: views without behaviour, and the templates that turn them into HTML."""
