# METADATA
# title: The project has a licence file in its top folder.
# description: The file exists.
# custom:
#   fix: Add a file LICENSE.
#   otherwise: The project has no licence file in its top folder.
#   evidence: licence
package sealwright.claims.licence_file

import rego.v1

import data.sealwright.claims.lib as claims

needs := [claims.is_true("project/licence_file", "No licence file was found.", "licence")]
