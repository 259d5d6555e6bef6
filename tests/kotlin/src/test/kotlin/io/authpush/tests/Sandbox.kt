package io.authpush.tests

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.time.Duration
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import kotlin.concurrent.thread

internal val json = ObjectMapper()

/** A bank with one customer, `alice`: the sandbox in a process of its own, which ends with [close] or with the tests. */
internal class Sandbox(profile: String) : AutoCloseable {
    private val process =
        ProcessBuilder(Settings.authpush.toString(), "sandbox", "--listen", "127.0.0.1:0", "--profile", profile)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
    private val url: String
    private val client: HttpClient

    /** The only certificate that vouches for it. */
    val certificate: String

    init {
        atExit(process)
        val lines = process.inputStream.bufferedReader()
        val told = json.readTree(checkNotNull(lines.readLine()) { "the sandbox did not start" })
        url = told.at("/sandbox/url").asText()
        certificate = Files.readString(Path.of(told.at("/sandbox/ca_cert").asText()))
        client = HttpClient.newBuilder().sslContext(trusting(certificate)).build()
        // Its events are not needed, but a pipe that nobody empties would stop it.
        thread(isDaemon = true) { lines.forEachLine { } }
    }

    /** Asks the control API: the status and the document. */
    fun ask(method: String, path: String, body: JsonNode? = null): Pair<Int, JsonNode> {
        val publisher = body?.let { HttpRequest.BodyPublishers.ofString(it.toString()) } ?: HttpRequest.BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI(url + path)).timeout(Duration.ofSeconds(30)).method(method, publisher)
        val answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString())
        val document = if (answer.body().isEmpty()) json.nullNode() else json.readTree(answer.body())
        return answer.statusCode() to document
    }

    /** The same where nothing but success will do. */
    fun get(path: String): JsonNode = done("GET", path, null)

    fun post(path: String, body: String): JsonNode = done("POST", path, json.readTree(body))

    private fun done(method: String, path: String, body: JsonNode?): JsonNode {
        val (status, document) = ask(method, path, body)
        check(status in 200..299) { "$method $path: $status $document" }
        return document
    }

    /** A QR code for alice. */
    fun qr(): String = get("/sandbox/users/alice/enrolment").toString()

    /** Starts a login of alice; its session. */
    fun login(): String = post("/sandbox/logins", """{"username":"alice"}""").at("/session_data_key").asText()

    /** Starts a CIBA request for a new consent; the consent's id. */
    fun consent(type: String): String {
        val id = post("/sandbox/consents", """{"type":"$type","user":"alice"}""").at("/consent_id").asText()
        post("/sandbox/ciba", """{"consent_id":"$id","binding_message":"AB12"}""")
        return id
    }

    /** The newest push, as it reaches a phone. */
    fun push(): String {
        val message = get("/sandbox/pushes?last=1").at("/0/message")
        return (message.get("message") ?: message).toString()
    }

    /** The claims of every answer to a session that the server took. */
    fun accepted(session: String): List<JsonNode> =
        get("/sandbox/audit?path=/push-auth/authenticate")
            .filter { it.at("/jwt/claims/sid").asText() == session && it.at("/verdict").asText() == "accepted" }
            .map { it.at("/jwt/claims") }

    override fun close() {
        process.destroy()
        process.waitFor()
    }
}

private fun atExit(process: Process) = Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })

private fun trusting(pem: String): SSLContext {
    val certificate = CertificateFactory.getInstance("X.509").generateCertificate(pem.byteInputStream())
    val anchors = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
    anchors.setCertificateEntry("sandbox", certificate)
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(anchors) }
    return SSLContext.getInstance("TLS").apply { init(null, factory.trustManagers, null) }
}
