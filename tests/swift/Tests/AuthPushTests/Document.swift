import Foundation

/// A JSON document.
enum Document: Equatable, Sendable {
    case null
    case flag(Bool)
    case number(Int64)
    case text(String)
    case array([Document])
    case object([String: Document])
}

extension Document: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let array = try? value.decode([Document].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: Document].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .array(let array): try value.encode(array)
        case .object(let object): try value.encode(object)
        }
    }
}

extension Document {
    /// Reads a text.
    init(json: String) throws {
        self = try JSONDecoder().decode(Document.self, from: Data(json.utf8))
    }

    /// As compact JSON text.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var number: Int64? {
        if case .number(let number) = self { number } else { nil }
    }

    var array: [Document]? {
        if case .array(let array) = self { array } else { nil }
    }

    var object: [String: Document]? {
        if case .object(let object) = self { object } else { nil }
    }

    /// What a JSON pointer (RFC 6901) points at.
    func at(_ pointer: String) -> Document? {
        var place: Document? = self
        for step in pointer.split(separator: "/") {
            switch place {
            case .object(let object): place = object[String(step)]
            case .array(let array): place = Int(step).flatMap { array.indices.contains($0) ? array[$0] : nil }
            default: place = nil
            }
        }
        return place
    }
}
