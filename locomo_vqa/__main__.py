"""`python -m locomo_vqa` is the command line."""

from locomo_vqa.cli import main

if __name__ == "__main__":
    main()
