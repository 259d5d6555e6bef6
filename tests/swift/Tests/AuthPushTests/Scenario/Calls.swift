import AuthPush
import Foundation

/// The arguments of a call: what the file says, and what was kept whole.
struct Arguments {
    let given: Document
    let kept: [String: any Sendable]

    func maybeText(_ name: String) -> String? { given.at("/" + name)?.text }

    func maybeNumber(_ name: String) -> Int64? { given.at("/" + name)?.number }

    func text(_ name: String) throws -> String {
        guard let text = maybeText(name) else { throw Broken("no argument \(name)") }
        return text
    }

    func texts(_ name: String) -> [String] { (given.at("/" + name)?.array ?? []).compactMap(\.text) }

    func whole<Kept>(_ name: String) throws -> Kept {
        guard let thing = kept[String(try text(name).dropFirst())] as? Kept else { throw Broken("no whole \(name)") }
        return thing
    }

    func device() throws -> Device {
        let device = Arguments(given: given.at("/device") ?? .null, kept: kept)
        let bits = device.maybeNumber("keyBits").map { UInt32($0) }
        return Device(name: try device.text("name"), model: try device.text("model"), keyBits: bits ?? 2048)
    }

    func word<Word>(_ name: String, _ words: [String: Word]) throws -> Word {
        guard let word = words[try text(name)] else { throw Broken("no \(name) \(try text(name))") }
        return word
    }
}

private let states: [String: RequestState] = [
    "pending": .pending, "approved": .approved, "denied": .denied, "expired": .expired,
]

/// Calls a method by its name. A name that is not here is an error of the file.
func call(_ authenticator: Authenticator, _ method: String, _ given: Arguments) async throws -> any Sendable {
    switch method {
    case "previewEnrolment": return try await authenticator.previewEnrolment(qr: try given.text("qr"))
    case "addAccount":
        return try await authenticator.addAccount(
            qr: try given.text("qr"), pushId: try given.text("pushId"), device: try given.device())
    case "accounts": return try await authenticator.accounts()
    case "processAuthRequest":
        return try await authenticator.processAuthRequest(
            push: try given.text("push"), sentAt: given.maybeNumber("sentAt"))
    case "requests":
        let state = given.maybeText("state") == nil ? nil : try given.word("state", states)
        return try await authenticator.requests(state: state)
    case "processConsentData":
        return try await authenticator.processConsentData(requestId: try given.text("requestId"))
    case "addApprovedAccountIds":
        return try await authenticator.addApprovedAccountIds(
            review: try given.whole("review"), accountIds: given.texts("accountIds"))
    case "deny": return (try given.whole("review") as Review).deny()
    case "numberChoices": return try await authenticator.numberChoices(requestId: try given.text("requestId"))
    case "matchNumber":
        return try await authenticator.matchNumber(
            review: try given.whole("review"), accountIds: given.texts("accountIds"), number: try given.text("number"))
    case "sendAuthRequest": return try await authenticator.sendAuthRequest(decision: try given.whole("decision"))
    case "error": return (try given.whole("answer") as Answer).error()
    case "retry":
        let triggers: [String: RetryTrigger] = ["person": .person, "system": .system]
        return try await authenticator.retry(trigger: try given.word("trigger", triggers))
    case "history":
        return try await authenticator.history(
            deviceId: given.maybeText("deviceId"), limit: given.maybeNumber("limit").map { UInt32($0) })
    case "entry": return try await authenticator.entry(requestId: try given.text("requestId"))
    case "deleteFromHistory": return try await authenticator.deleteFromHistory(requestId: try given.text("requestId"))
    case "removeAccount":
        let ways: [String: Undelivered] = ["deliver": .deliver, "abandon": .abandon]
        return try await authenticator.removeAccount(
            deviceId: try given.text("deviceId"), undelivered: try given.word("undelivered", ways))
    case "forgetAccount": return try await authenticator.forgetAccount(deviceId: try given.text("deviceId"))
    case "setPushId":
        return try await authenticator.setPushId(
            deviceId: try given.text("deviceId"), pushId: try given.text("pushId"), bearer: given.maybeText("bearer"))
    case "setDeviceName":
        return try await authenticator.setDeviceName(
            deviceId: try given.text("deviceId"), name: try given.text("name"), bearer: given.maybeText("bearer"))
    default: throw Broken("no method \(method)")
    }
}
