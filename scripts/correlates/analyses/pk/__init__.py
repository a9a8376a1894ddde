"""Questions of pharmacokinetics: exposure to each drug with and without the other."""
