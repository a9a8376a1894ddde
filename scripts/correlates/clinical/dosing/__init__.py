"""What was taken when: doses, cycles, holds, and the phase of each draw."""
