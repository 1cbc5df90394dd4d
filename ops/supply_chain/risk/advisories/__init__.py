"""What advisories mean for pins: ranges, aliases, severity, the response clock. Pure: values in, values out.

`matching.Matcher` is the way in; `response.Clock` tells by when something must be done about it.
"""
