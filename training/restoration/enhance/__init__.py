"""How the enhancing network is made."""
