"""Advisories matched against locked pins: `matching.Matcher` finds vulnerabilities, `response.ResponseClock` their due dates."""
