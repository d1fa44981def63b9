"""What a score is worth: false positive rates, likelihood ratios, decisions."""
