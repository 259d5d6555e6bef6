//! One app, two generations of servers: it enrols with and answers both, and never mixes them up.

use authpush_core::{AccountState, Delivery, Profile, PushProvider, Received, RequestState, Undelivered};
use authpush_sandbox::{Fault, FaultKind, FaultTarget, LoginStatus, NewLogin, NewUser};
use authpush_tests::{Bank, ManualClock, Phone, PhoneSettings};
use serde_json::{Value, json};

async fn enrolled() -> (Bank, Phone) {
    let bank = Bank::is7().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    (bank, phone)
}

#[tokio::test]
async fn a_later_server_gets_exactly_what_it_wants() {
    let (bank, phone) = enrolled().await;
    let account = phone.only_account().await;
    assert_eq!((account.profile, account.state), (Profile::Is7, AccountState::Active));
    let registered = bank.seen("/api/users/v1/me/push/devices");
    assert!(!registered[0].path.ends_with('/'));
    let body: Value = serde_json::from_str(&registered[0].body).unwrap();
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["deviceId", "name", "model", "deviceToken", "publicKey", "signature"]);

    let session = bank.login(None);
    let push = bank.last_push_data();
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!((request.connection_code.clone(), request.number_challenge), (None, false));
    assert_eq!(request.expires_at - request.received_at, 600);
    let answer = phone.approve(&request.id, &[]).await.unwrap();
    assert_eq!((answer.delivery, answer.server.unwrap().status), (Delivery::Delivered, 200));
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    let jwt = bank.seen("/push-auth/authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["header"], json!({"alg": "RS256", "typ": "JWT", "deviceId": account.device_id}));
    let mut claims: Vec<_> = jwt["claims"].as_object().unwrap().keys().map(String::as_str).collect();
    claims.sort_unstable();
    assert_eq!(claims, ["challenge", "exp", "iat", "jti", "pushAuthId", "response"]);
    assert_eq!(jwt["claims"]["pushAuthId"], push["pushId"]);
    assert_eq!(jwt["claims"]["response"], "APPROVED");
    let life = jwt["claims"]["exp"].as_i64().unwrap() - ManualClock::true_time();
    assert!((570..=600).contains(&life), "{life}");

    phone.authenticator.remove_account(account.device_id, Undelivered::Deliver).await.unwrap();
    assert!(bank.control().devices().is_empty());
    assert_eq!(phone.keys(), 0);
}

#[tokio::test]
async fn a_denial_is_a_denial() {
    let (bank, phone) = enrolled().await;
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(phone.deny(&request.id).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(bank.verdict(&session), LoginStatus::Denied);
}

fn numbered(bank: &Bank) -> (String, String) {
    let login = NewLogin { username: "alice".to_owned(), number_challenge: true, ..NewLogin::default() };
    let login = bank.control().login(login).unwrap();
    (login.session_data_key, login.number.unwrap())
}

fn wrong(number: &str) -> String {
    (number.parse::<u32>().unwrap().wrapping_add(1) % 100).to_string()
}

#[tokio::test]
async fn an_approval_needs_the_number_that_the_person_gives() {
    let (bank, phone) = enrolled().await;
    let (session, number) = numbered(&bank);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert!(request.number_challenge);
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap_err().code(), "number_required");
    assert_eq!(phone.person.times_asked(), 0, "nobody's finger is wanted before the number is there");
    let error = phone.approve_with_number(&request.id, &wrong(&number)).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("wrong_number", true));
    assert_eq!(phone.approve_with_number(&request.id, "").await.unwrap_err().code(), "wrong_number");
    assert_eq!(bank.answers().0, 0, "a wrong number sends nothing");
    let phone = phone.reopened(|_| {}).await.unwrap();
    let entry = phone.authenticator.entry(request.id.clone()).await.unwrap();
    assert_eq!((entry.request.state, entry.request.number_tries_left), (RequestState::Pending, 1));
    let answer = phone.approve_with_number(&request.id, &number).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Delivered);
    let jwt = bank.seen("/push-auth/authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"]["numberChallenge"], number.as_str());
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap(), answer, "the same again needs no number");
}

#[tokio::test]
async fn after_three_wrong_numbers_only_a_denial_is_left() {
    let (bank, phone) = enrolled().await;
    let (session, number) = numbered(&bank);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            phone.approve_with_number(&request.id, &wrong(&number)).await.unwrap_err().code(),
            "wrong_number"
        );
    }
    let error = phone.approve_with_number(&request.id, &number).await.unwrap_err();
    assert_eq!(error.code(), "number_tries_exhausted");
    assert_eq!(phone.deny(&request.id).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(bank.verdict(&session), LoginStatus::Denied);
    let jwt = bank.seen("/push-auth/authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"].get("numberChallenge"), None);
}

#[tokio::test]
async fn a_number_goes_back_as_it_came_and_is_offered_among_decoys() {
    let (bank, phone) = enrolled().await;
    let _ = bank.login(None);
    let mut orders = std::collections::HashSet::new();
    for n in 0..6 {
        let mut push = bank.last_push_data();
        push["pushId"] = format!("session-{n}").into();
        push["numberChallenge"] = "7".into();
        let request = phone.receive(&push.to_string()).await.unwrap();
        let choices = phone.authenticator.number_choices(request.id.clone()).await.unwrap();
        assert_eq!(choices, phone.authenticator.number_choices(request.id.clone()).await.unwrap());
        assert_eq!(choices.iter().collect::<std::collections::HashSet<_>>().len(), 9);
        orders.insert(choices.iter().position(|choice| choice == "7").unwrap());
        bank.answer_with(200, "");
        phone.approve_with_number(&request.id, " 07 ").await.unwrap();
        let seen = bank.seen("/push-auth/authenticate");
        assert_eq!(seen.last().unwrap().jwt.clone().unwrap()["claims"]["numberChallenge"], "7");
    }
    assert!(orders.len() > 1, "its place tells nothing");
    for bad in ["x", "1234", "-1", "7\u{202e}"] {
        let mut push = bank.last_push_data();
        push["pushId"] = "another".into();
        push["numberChallenge"] = bad.into();
        assert_eq!(phone.receive(&push.to_string()).await.unwrap_err().code(), "invalid_push", "{bad}");
    }
}

#[tokio::test]
async fn a_clock_two_hours_off_costs_one_more_call() {
    for off in [7200, -7200] {
        let (bank, phone) = enrolled().await;
        let session = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        phone.clock.turn(off);
        let answer = phone.approve(&request.id, &[]).await.unwrap();
        assert_eq!(answer.delivery, Delivery::Delivered, "{off}");
        assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    }
}

#[tokio::test]
async fn pushes_may_leave_out_what_the_server_does_not_know() {
    let (bank, phone) = enrolled().await;
    let _ = bank.login(None);
    let mut push = bank.last_push_data();
    for key in ["deviceOS", "browser", "ipAddress", "userStoreDomain", "relativePath", "applicationName"] {
        push.as_object_mut().unwrap().remove(key);
    }
    let request = phone.receive(&push.to_string()).await.unwrap();
    assert_eq!((request.os_name, request.browser_name, request.ip_address), (None, None, None));
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap().delivery, Delivery::Delivered);
}

#[tokio::test]
async fn a_relative_path_that_is_not_the_accounts_own_is_not_followed() {
    let (bank, phone) = enrolled().await;
    let own = bank.login(None);
    let push = bank.last_push_data();
    for (n, unreadable) in [json!(5), json!({}), json!(""), json!("/t/x".repeat(500))].into_iter().enumerate()
    {
        let mut push = push.clone();
        push["pushId"] = format!("unreadable-{n}").into();
        push["relativePath"] = unreadable;
        let request = phone.receive(&push.to_string()).await.unwrap();
        phone.deny(&request.id).await.unwrap();
        assert_eq!(bank.seen("authenticate").last().unwrap().path, "/t/carbon.super/push-auth/authenticate");
    }
    for (n, path) in
        ["/t/other", "/o/other", "//evil.example", "/t/carbon.super/../other", "https://evil.example"]
            .into_iter()
            .enumerate()
    {
        let mut push = push.clone();
        push["pushId"] = format!("session-{n}").into();
        push["relativePath"] = path.into();
        let request = phone.receive(&push.to_string()).await.unwrap();
        phone.deny(&request.id).await.unwrap();
        assert_eq!(
            bank.seen("authenticate").last().unwrap().path,
            "/t/carbon.super/push-auth/authenticate",
            "{path}"
        );
    }
    drop(own);
}

#[tokio::test]
async fn a_sub_organisations_user_enrols_and_answers_below_its_root() {
    let bank = Bank::is7().await;
    let user = NewUser {
        username: "olga".to_owned(),
        organization_id: Some("org-1".to_owned()),
        organization_name: Some("Acme Branch".to_owned()),
        ..NewUser::default()
    };
    bank.control().create_user(user).unwrap();
    let qr = bank.control().enrolment("olga").unwrap();
    assert_eq!(qr.get("tenantDomain"), None);
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&qr.to_string()).await.unwrap();
    assert_eq!((account.organization_id.as_deref(), account.tenant_domain), (Some("org-1"), None));
    let login = NewLogin { username: "olga".to_owned(), ..NewLogin::default() };
    let session = bank.control().login(login).unwrap().session_data_key;
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.approve(&request.id, &[]).await.unwrap();
    assert!(bank.seen("authenticate")[0].path.ends_with("/o/org-1/push-auth/authenticate"));
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
}

#[tokio::test]
async fn another_device_may_have_been_quicker() {
    let bank = Bank::is7().await;
    let (one, two) = (Phone::of(&bank).await, Phone::of(&bank).await);
    one.scan_with(&bank.qr(), "token-1").await.unwrap();
    two.scan_with(&bank.qr(), "token-2").await.unwrap();
    let _ = bank.login(None);
    let pushes: Vec<_> = bank.control().pushes().into_iter().rev().take(2).collect();
    let mut requests = Vec::new();
    for phone in [&one, &two] {
        for push in &pushes {
            if let Ok(received) = phone.authenticator.process_auth_request(bank.delivered(push), None).await {
                requests.extend(received.request());
            }
        }
    }
    assert_eq!(requests.len(), 2);
    assert_eq!(one.approve(&requests[0].id, &[]).await.unwrap().delivery, Delivery::Delivered);
    let late = two.deny(&requests[1].id).await.unwrap();
    assert_eq!(late.delivery, Delivery::AnsweredElsewhere);
    assert_eq!(late.error().unwrap().code(), "answered_elsewhere");
}

#[tokio::test]
async fn information_is_told_and_leaves_nothing_behind() {
    let (bank, _) = enrolled().await;
    let stranger = Phone::of(&bank).await;
    let push =
        json!({"data": {"notificationScenario": "DEVICE_REGISTRATION", "username": "alice"}}).to_string();
    let told = stranger.authenticator.process_auth_request(push, None).await.unwrap();
    assert_eq!(told, Received::Informational { scenario: "DEVICE_REGISTRATION".to_owned() });
    assert!(stranger.authenticator.history(None, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_registration_is_settled_by_the_same_qr() {
    let bank = Bank::is7().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    bank.fault(FaultTarget::Register, FaultKind::CloseAfterProcessing);
    assert_eq!(phone.scan(&qr).await.unwrap_err().code(), "registration_unconfirmed");
    assert_eq!(phone.scan(&qr).await.unwrap().state, AccountState::Unconfirmed);
    let _ = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap().delivery, Delivery::Delivered);
    bank.control().fault(
        Fault::new(FaultTarget::Register, FaultKind::Status)
            .with_status(500)
            .with_body(r#"{"code":"PDH-15007"}"#),
    );
    let refused = phone.scan_with(&bank.qr(), "another-token").await.unwrap_err();
    assert_eq!(refused.code(), "server_refused");
}

#[tokio::test]
async fn the_same_qr_again_registers_what_is_wanted_now() {
    let bank = Bank::is7().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    let device = |name: &str, provider: Option<&str>| authpush_core::Device {
        name: name.to_owned(),
        model: "Pixel 8".to_owned(),
        key_bits: 2048,
        provider: provider.map(|name| PushProvider { name: name.to_owned(), metadata: Vec::new() }),
    };
    bank.fault(FaultTarget::Register, FaultKind::Drop);
    phone
        .authenticator
        .add_account(qr.clone(), "token-1".to_owned(), device("First", Some("Wrong")))
        .await
        .unwrap_err();
    phone.authenticator.add_account(qr, "token-1".to_owned(), device("Second", None)).await.unwrap();
    let bodies: Vec<Value> =
        bank.seen("/devices").iter().map(|entry| serde_json::from_str(&entry.body).unwrap()).collect();
    assert_eq!(bodies[0]["provider"]["name"], "Wrong");
    assert_eq!((&bodies[1]["name"], bodies[1].get("provider")), (&json!("Second"), None));
    assert_eq!(bodies[0]["publicKey"], bodies[1]["publicKey"]);
}

#[tokio::test]
async fn a_new_token_means_a_new_enrolment() {
    let (_bank, phone) = enrolled().await;
    let account = phone.only_account().await;
    let bearer = Some("user-token".to_owned());
    let change = phone.authenticator.set_push_id(account.device_id, "t2".to_owned(), bearer).await;
    assert_eq!(change.unwrap_err().code(), "reenrol_required");
}

#[tokio::test]
async fn one_home_holds_all_of_them_and_mixes_nothing_up() {
    let (classic, open_banking, is7) = (Bank::classic().await, Bank::open_banking().await, Bank::is7().await);
    let mut settings = PhoneSettings::trusting(classic.certificate());
    settings.trust.anchors_pem.extend([open_banking.certificate(), is7.certificate()]);
    let phone = Phone::with(settings).await;
    for bank in [&classic, &open_banking, &is7] {
        phone.scan(&bank.qr()).await.unwrap();
        let session = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        phone.approve(&request.id, &[]).await.unwrap();
        assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    }
    let accounts = phone.authenticator.accounts().await.unwrap();
    let id = |profile: Profile| {
        accounts.iter().find(|account| account.profile == profile).unwrap().device_id.clone()
    };
    let _ = is7.login(None);
    for other in [Profile::Classic, Profile::OpenBanking] {
        let mut push = is7.last_push_data();
        push["deviceId"] = id(other).into();
        assert_eq!(phone.receive(&push.to_string()).await.unwrap_err().code(), "unsupported_push");
    }
    let _ = classic.login(None);
    let mut push = classic.last_push_data();
    push["deviceId"] = id(Profile::Is7).into();
    assert_eq!(phone.receive(&push.to_string()).await.unwrap_err().code(), "unsupported_push");
}
