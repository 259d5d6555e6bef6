import AuthPush
import Guide
import Testing

/// The code of `bindings/swift.md`, in the order in which a newcomer would use it.
@Suite struct GuideTests {
    @Test func fromTheFirstEnrolmentToTheRemoval() async throws {
        let sandbox = try Sandbox(profile: "open-banking")
        let ports = Ports()
        let trust = TrustSettings(publicRoots: false, anchorsPem: [sandbox.certificate])
        let authenticator = try await Guide.open(
            folder: newFolder(), vault: ports.vault, verifier: ports.person, trust: trust)
        try await log(authenticator, to: PrintedLog())
        let qr = try await sandbox.qr()
        #expect(try await enrol(authenticator, qr: qr, pushId: pushId) { _ in false } == nil)
        let enrolled = try await enrol(authenticator, qr: qr, pushId: pushId) { $0.username == "alice" }
        let account = try #require(enrolled)
        #expect(account.state == .active)
        try await sandbox.consent("accounts")
        let request = try #require(try await onPush(authenticator, try await sandbox.push()))
        let chosen = try #require(request.consent?.accounts.first?.id)
        #expect(try await decide(authenticator, request.id, accountIds: [chosen]).delivery == .delivered)
        try await sandbox.consent("payments")
        let denied = try #require(try await onPush(authenticator, try await sandbox.push()))
        #expect(try await decide(authenticator, denied.id, accountIds: nil).delivery == .unconfirmed)
        #expect(try await deliverWhatWaits(authenticator, isPerson: true).isEmpty)
        #expect(try await past(authenticator).count == 2)
        #expect(try await remove(authenticator, account.deviceId).deviceId == account.deviceId)
        let met = try await error { try await decide(authenticator, "no such", accountIds: nil) }
        #expect((met as? AuthenticatorError).map(reaction) == "look at the list again")
    }

    @Test func aLoginWithANumberAndABanksTrust() async throws {
        let sandbox = try Sandbox(profile: "is7")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let body = #"{"username":"alice","number_challenge":true}"#
        let number = try await sandbox.done("POST", "/sandbox/logins", body).at("/number")?.text ?? ""
        let request = try #require(try await onPush(phone.authenticator, try await sandbox.push()))
        #expect(try await approve(phone.authenticator, request.id, typed: number).delivery == .delivered)
        #expect(trustOfABank(host: "bank.example", pin: "sha256/x").allowedHosts == ["bank.example"])
    }

    @Test func whatIsNotSaidHasTheDocumentedDefault() {
        let usual = Configuration(directory: "folder")
        let seconds = [usual.timeoutSeconds, usual.connectSeconds, usual.verificationSeconds, usual.historyLimit]
        #expect(seconds == [30, 10, 120, 1000])
        #expect(usual.trust.publicRoots && !usual.trust.insecureLoopback && usual.trust.allowedHosts.isEmpty)
        #expect(Device(name: "n", model: "m").keyBits == 2048)
        #expect([Profile.classic, .openBanking, .is7].map(\.description) == ["classic", "open-banking", "is7"])
    }
}
