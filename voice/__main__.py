"""`python -m voice` is `moments`."""

from voice.cli.app import main

main()
