"""Measurements that print ratios taken within one run: what is compared shares the machine and the moment."""
