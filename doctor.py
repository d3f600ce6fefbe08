"""Say what of the installation works, and what brings the rest."""

import sys

from vocal_separation_sanity_check.commands import doctor

if __name__ == "__main__":
    sys.exit(doctor(__file__))
