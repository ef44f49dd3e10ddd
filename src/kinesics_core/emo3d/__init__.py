"""The Emo3D paper: its data, its four models, its metric and its tables.

Dehghani et al., "Emo3D: Metric and Benchmarking Dataset for 3D Facial Expression Generation from
Emotion Description", Findings of NAACL 2025. Equation numbers beside the code are the paper's.
"""
