package io.authpush.tests.scenario

import com.fasterxml.jackson.databind.JsonNode
import io.authpush.AuthenticatorException
import io.authpush.Decision
import io.authpush.Profile
import io.authpush.Review
import io.authpush.tests.json

/** What a method came to as a document, in the words of the scenarios: see the README beside them. */
internal fun document(value: Any?): JsonNode = when (value) {
    null, is Unit -> json.nullNode()
    is String -> json.nodeFactory.textNode(value)
    is Boolean -> json.nodeFactory.booleanNode(value)
    is UInt -> json.nodeFactory.numberNode(value.toLong())
    is Long -> json.nodeFactory.numberNode(value)
    is List<*> -> json.createArrayNode().also { array -> value.forEach { array.add(document(it)) } }
    is Profile -> json.nodeFactory.textNode(value.toString())
    is Enum<*> -> json.nodeFactory.textNode(value.name.lowercase())
    is AuthenticatorException ->
        document(mapOf("code" to value.code(), "retryable" to value.retryable(), "text" to value.toString()))
    is Review ->
        document(mapOf("request" to value.request(), "consent" to value.consent(), "sdkConsent" to value.sdkConsent()))
    is Decision ->
        document(
            mapOf("requestId" to value.requestId(), "choice" to value.choice(), "accountIds" to value.accountIds()),
        )
    is Map<*, *> ->
        json.createObjectNode().also { fields ->
            value.forEach { (key, field) -> fields.set<JsonNode>(snakeCase(key.toString()), document(field)) }
        }
    else -> record(value)
}

/** A record is an object of its fields; a variant of a sealed class is one in an object of that name. */
private fun record(value: Any): JsonNode {
    val type = value.javaClass
    val fields = type.declaredFields.filter { !java.lang.reflect.Modifier.isStatic(it.modifiers) }
    val shown = document(fields.associate { it.name to field(value, it) })
    if (type.enclosingClass == null) return shown
    val name = snakeCase(type.simpleName)
    if (fields.isEmpty()) return json.nodeFactory.textNode(name)
    return json.createObjectNode().set(name, shown)
}

private fun field(of: Any, field: java.lang.reflect.Field): Any? {
    field.isAccessible = true
    val value = field.get(of)
    // Unsigned numbers are plain ones to the machine; none of these is above what a plain one holds.
    return if (value is Int) value.toUInt() else value
}

internal fun snakeCase(name: String): String =
    name.replace(Regex("(?<=[a-z0-9])[A-Z]")) { "_" + it.value }.lowercase()
