"""Calibration of scores: false positive rates, likelihood ratios, decisions."""
