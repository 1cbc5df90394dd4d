// Verifies bundles with the npm packages of Sigstore, offline: node verify.cjs CASES.json, run in their folder.
// The cases: a list of {root, bundle, artifact (base64), identity, issuer}, root and bundle as JSON values.
// Written for each, one line: "verified", or "refused: " and why.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const load = createRequire(process.cwd() + '/');
const { bundleFromJSON } = load('@sigstore/bundle');
const { TrustedRoot } = load('@sigstore/protobuf-specs');
const { toSignedEntity, toTrustMaterial, Verifier } = load('@sigstore/verify');

for (const given of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  // The policy's identity is an expression without anchors: escape it, and anchor it.
  const whole = '^' + given.identity.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + '$';
  try {
    const trust = toTrustMaterial(TrustedRoot.fromJSON(given.root));
    const verifier = new Verifier(trust, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
    const entity = toSignedEntity(bundleFromJSON(given.bundle), Buffer.from(given.artifact, 'base64'));
    verifier.verify(entity, { subjectAlternativeName: whole, extensions: { issuer: given.issuer } });
    console.log('verified');
  } catch (error) {
    console.log('refused: ' + String((error.code || error.name) + ' ' + error.message).replace(/\s+/g, ' '));
  }
}
