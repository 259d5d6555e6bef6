import AuthPush

/// What a port's words throw; `nil` is a port that works.
private let words: [String: [String: (any Error)?]] = [
    "person": [
        "agrees": nil, "cancels": UserVerifierError.Cancelled, "fails": UserVerifierError.Failed,
        "is_unavailable": UserVerifierError.Unavailable, "throws": Undeclared(),
    ],
    "keys": [
        "works": nil, "is_lost": KeyStoreError.KeyLost, "needs_user": KeyStoreError.NeedsUser,
        "fails": KeyStoreError.Failed, "throws": Undeclared(),
    ],
    "vault": [
        "works": nil, "has_another_key": nil, "needs_passphrase": VaultError.PassphraseRequired,
        "is_damaged": VaultError.Damaged, "fails": VaultError.Failed, "throws": Undeclared(),
    ],
    "clock": ["works": nil, "fails": ClockError.Failed, "throws": Undeclared()],
    "log": ["works": nil, "throws": Undeclared()],
]

/// Makes a port do what a scenario's word says.
func switchPort(_ ports: Ports, _ port: String, _ value: Document) throws {
    if port == "clock", let ahead = value.number {
        ports.clock.behaviour.works()
        ports.clock.ahead.with { $0 = ahead }
        return
    }
    let behaviours = [
        "person": ports.person.behaviour, "keys": ports.keys.behaviour, "vault": ports.vault.behaviour,
        "clock": ports.clock.behaviour, "log": ports.log.behaviour,
    ]
    guard let behaviour = behaviours[port], let word = value.text, let thrown = words[port]?[word] else {
        throw Broken("no word \(port): \(value)")
    }
    if port == "vault" { ports.vault.isAnother.with { $0 = word == "has_another_key" } }
    if let thrown { behaviour.throws(thrown) } else { behaviour.works() }
}
