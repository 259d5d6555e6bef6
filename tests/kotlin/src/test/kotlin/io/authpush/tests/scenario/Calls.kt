package io.authpush.tests.scenario

import com.fasterxml.jackson.databind.JsonNode
import io.authpush.Answer
import io.authpush.Authenticator
import io.authpush.Decision
import io.authpush.Device
import io.authpush.RequestState
import io.authpush.RetryTrigger
import io.authpush.Review
import io.authpush.Undelivered

/** The arguments of a call: what the file says, and what was kept whole. */
internal class Arguments(private val given: JsonNode, private val kept: Map<String, Any>) {
    fun text(name: String): String = checkNotNull(maybeText(name)) { "no argument $name" }

    fun maybeText(name: String): String? = given.get(name)?.also { check(it.isTextual) { "$name is no text" } }?.asText()

    fun maybeNumber(name: String): Long? = given.get(name)?.also { check(it.isIntegralNumber) { name } }?.asLong()

    fun texts(name: String): List<String> = given.withArray<JsonNode>("/$name").map { it.asText() }

    inline fun <reified T : Any> whole(name: String): T = thing(text(name)) as? T ?: error("$name is not kept whole")

    fun thing(name: String): Any? = kept[name.removePrefix("$")]

    fun device(): Device {
        val device = Arguments(given.at("/device"), kept)
        val bits = device.maybeNumber("keyBits") ?: return Device(device.text("name"), device.text("model"))
        return Device(device.text("name"), device.text("model"), bits.toUInt())
    }

    inline fun <reified T : Enum<T>> word(name: String): T = enumValueOf(text(name).uppercase())
}

/** Calls a method by its name. A name that is not here is an error of the file. */
internal suspend fun call(authenticator: Authenticator, method: String, given: Arguments): Any? = with(authenticator) {
    when (method) {
        "previewEnrolment" -> previewEnrolment(given.text("qr"))
        "addAccount" -> addAccount(given.text("qr"), given.text("pushId"), given.device())
        "accounts" -> accounts()
        "processAuthRequest" -> processAuthRequest(given.text("push"), given.maybeNumber("sentAt"))
        "requests" -> requests(given.maybeText("state")?.let { RequestState.valueOf(it.uppercase()) })
        "processConsentData" -> processConsentData(given.text("requestId"))
        "addApprovedAccountIds" -> addApprovedAccountIds(given.whole("review"), given.texts("accountIds"))
        "deny" -> given.whole<Review>("review").deny()
        "numberChoices" -> numberChoices(given.text("requestId"))
        "matchNumber" -> matchNumber(given.whole("review"), given.texts("accountIds"), given.text("number"))
        "sendAuthRequest" -> sendAuthRequest(given.whole<Decision>("decision"))
        "error" -> given.whole<Answer>("answer").error()
        "retry" -> retry(given.word<RetryTrigger>("trigger"))
        "history" -> history(given.maybeText("deviceId"), given.maybeNumber("limit")?.toUInt())
        "entry" -> entry(given.text("requestId"))
        "deleteFromHistory" -> deleteFromHistory(given.text("requestId"))
        "removeAccount" -> removeAccount(given.text("deviceId"), given.word<Undelivered>("undelivered"))
        "forgetAccount" -> forgetAccount(given.text("deviceId"))
        "setPushId" -> setPushId(given.text("deviceId"), given.text("pushId"), given.maybeText("bearer"))
        "setDeviceName" -> setDeviceName(given.text("deviceId"), given.text("name"), given.maybeText("bearer"))
        else -> error("no method $method")
    }
}
