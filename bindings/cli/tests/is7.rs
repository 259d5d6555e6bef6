//! The second generation of servers, through the command line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use authpush_sandbox::{LoginStatus, NewLogin, NewUser, Profile};
use serde_json::{Value, json};
use support::{Desk, PUSH_ID};

fn login(desk: &Desk, number_challenge: bool) -> (String, Option<String>, String) {
    let login = NewLogin { username: "alice".to_owned(), number_challenge, ..NewLogin::default() };
    let login = desk.control().login(login).unwrap();
    let id = desk.receive(&desk.last_push());
    (login.session_data_key, login.number, id)
}

#[test]
fn a_login_is_approved_denied_and_the_device_removed() {
    let desk = Desk::with(Profile::Is7);
    let device = desk.enrol();
    let account = desk.run(&["accounts"]).json(0)["accounts"][0].clone();
    assert_eq!((&account["profile"], &account["tenant_domain"]), (&json!("is7"), &json!("carbon.super")));
    let (session, _, id) = login(&desk, false);
    let answer = desk.run(&["approve", &id, "--yes"]).json(0)["answer"].clone();
    assert_eq!((&answer["delivery"], &answer["server"]["status"]), (&json!("delivered"), &json!(200)));
    assert_eq!(desk.control().login_status(&session).unwrap().status, LoginStatus::Authenticated);
    let (session, _, id) = login(&desk, false);
    assert_eq!(desk.run(&["deny", &id]).json(0)["answer"]["delivery"], "delivered");
    assert_eq!(desk.control().login_status(&session).unwrap().status, LoginStatus::Denied);
    assert_eq!(desk.run(&["remove-account", &device]).json(0)["server"], "confirmed");
}

#[test]
fn a_number_is_asked_for_compared_and_never_printed() {
    let desk = Desk::with(Profile::Is7);
    desk.enrol();
    let (session, number, id) = login(&desk, true);
    let number = number.unwrap();
    let request = desk.run(&["requests"]).json(0)["requests"][0].clone();
    assert_eq!((&request["number_challenge"], &request["number_tries_left"]), (&json!(true), &json!(3)));
    let key = format!("\"{number}\"");
    assert!(!request.to_string().contains(&key), "{request}");
    assert_eq!(desk.run(&["approve", &id, "--yes"]).error(1), "number_required");
    let other = if number == "50" { "51" } else { "50" };
    assert_eq!(desk.run(&["approve", &id, "--yes", "--number", other]).error(1), "wrong_number");
    assert_eq!(desk.run(&["requests", "--state", "pending"]).json(0)["requests"][0]["number_tries_left"], 2);
    assert!(desk.control().audit().iter().all(|entry| !entry.path.contains("authenticate")));
    assert_eq!(
        desk.run(&["approve", &id, "--yes", "--number", &number]).json(0)["answer"]["delivery"],
        "delivered"
    );
    assert_eq!(desk.control().login_status(&session).unwrap().status, LoginStatus::Authenticated);
}

#[test]
fn after_three_wrong_numbers_only_deny_works() {
    let desk = Desk::with(Profile::Is7);
    desk.enrol();
    let (_, number, id) = login(&desk, true);
    let number = number.unwrap();
    for wrong in ["100", "", "seven"] {
        assert_eq!(desk.run(&["approve", &id, "--yes", "--number", wrong]).error(1), "wrong_number");
    }
    let exhausted = desk.run(&["approve", &id, "--yes", "--number", &number]).error(1);
    assert_eq!(exhausted, "number_tries_exhausted");
    assert_eq!(desk.run(&["deny", &id]).json(0)["answer"]["delivery"], "delivered");
}

#[test]
fn information_is_shown_and_not_stored() {
    let desk = Desk::with(Profile::Is7);
    let push = json!({"data": {"notificationScenario": "DEVICE_REGISTRATION", "username": "alice"}});
    let told = desk.run(&["receive", &push.to_string()]).json(0);
    assert_eq!(told, json!({"informational": {"scenario": "DEVICE_REGISTRATION"}}));
    assert_eq!(desk.run(&["requests"]).json(0)["requests"], json!([]));
}

#[test]
fn a_sub_organisations_user_enrols_with_a_push_service_of_choice() {
    let desk = Desk::with(Profile::Is7);
    let user = NewUser {
        username: "olga".to_owned(),
        organization_id: Some("org-1".to_owned()),
        organization_name: Some("Acme Branch".to_owned()),
        ..NewUser::default()
    };
    desk.control().create_user(user).unwrap();
    let qr = desk.control().enrolment("olga").unwrap().to_string();
    let enrolled = desk.run(&["add-account", &qr, "--push-id", PUSH_ID, "--provider", "FCM"]).json(0);
    assert_eq!(enrolled["account"]["organization_id"], "org-1");
    let registered = desk.control().audit();
    let body: Value = serde_json::from_str(&registered[0].body).unwrap();
    assert_eq!(body["provider"], json!({"name": "FCM", "metadata": {}}));
    assert_eq!(registered[0].path, "/o/org-1/api/users/v1/me/push/devices");
    let alone = desk.run(&["add-account", &qr, "--push-id", PUSH_ID, "--provider-metadata", "platform=APNS"]);
    assert_eq!(alone.error(2), "usage");
}
