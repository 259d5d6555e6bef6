import AuthPush
import Foundation

/// What a method came to as a document, in the words of the scenarios: see the README beside them.
func document(_ value: Any) -> Document {
    switch value {
    case let document as Document: return document
    case let text as String: return .text(text)
    case let flag as Bool: return .flag(flag)
    case let number as UInt32: return .number(Int64(number))
    case let number as Int64: return .number(number)
    case let profile as Profile: return .text(profile.description)
    case let error as AuthenticatorError:
        return .object([
            "code": .text(error.code()), "retryable": .flag(error.retryable()), "text": .text("\(error)"),
        ])
    case let review as Review:
        return .object([
            "request": document(review.request()), "consent": document(review.consent() as Any),
            "sdk_consent": document(review.sdkConsent() as Any),
        ])
    case let decision as Decision:
        return .object([
            "request_id": .text(decision.requestId()), "choice": document(decision.choice()),
            "account_ids": document(decision.accountIds()),
        ])
    default: return reflected(value)
    }
}

/// A record is an object of its fields, a value of an enumeration its name, with its fields in it if it has any.
private func reflected(_ value: Any) -> Document {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { document($0.value) } ?? .null
    case .collection: return .array(mirror.children.map { document($0.value) })
    case .struct: return fields(mirror)
    case .tuple where mirror.children.isEmpty: return .null
    case .tuple: return fields(mirror)
    case .enum:
        guard let (label, content) = mirror.children.first, let label else { return .text(snakeCase("\(value)")) }
        return .object([snakeCase(label): fields(Mirror(reflecting: content))])
    default: return .text("there is no document of \(type(of: value))")
    }
}

private func fields(_ mirror: Mirror) -> Document {
    let named = mirror.children.map { (snakeCase($0.label ?? ""), document($0.value)) }
    return .object(Dictionary(uniqueKeysWithValues: named))
}

func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
        text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
    }
}
