"""Documents for customers and auditors, in which no sentence stands that the evidence does not support.

Pure: values in, text out. `template` reads templates, `values` makes what they may name, `claims` says what may
be said; `insights`, `security_txt` and `badge` are the files beside the security policy.
"""
