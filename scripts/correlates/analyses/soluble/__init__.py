"""Questions of soluble markers: what changes on treatment, and whose immunoglobulins rise."""
