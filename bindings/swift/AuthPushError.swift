import Foundation

// What an error reads like wherever Swift prints it. Generated code would list its fields instead.

extension AuthenticatorError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension KeyStoreError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension VaultError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension UserVerifierError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension ClockError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension LogSinkError: LocalizedError, CustomStringConvertible {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}
