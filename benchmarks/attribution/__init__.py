"""How often attribution is right, wrong or silent on public data: `python -m benchmarks.attribution`."""
