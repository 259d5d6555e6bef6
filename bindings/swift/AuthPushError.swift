import Foundation

/// An error that reads the same wherever Swift prints it: the text that a person can read, not a list of its fields.
public protocol ReadableError: LocalizedError, CustomStringConvertible {}

extension ReadableError {
    /// The text that a person can read.
    public var errorDescription: String? { description }
}

extension AuthenticatorError: ReadableError {}
extension KeyStoreError: ReadableError {}
extension VaultError: ReadableError {}
extension UserVerifierError: ReadableError {}
extension ClockError: ReadableError {}
extension LogSinkError: ReadableError {}
