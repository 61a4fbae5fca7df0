"""`python -m voice` is `moments`."""

from voice.cli import main

main()
