//! Contract 11.2: no call is repeated by itself; scripts come back through events and scheduled jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sandbox::{Clock, Settings};
use serde_json::json;

use crate::support::Instance;
use crate::support::scripts::Receiver;

/// An instance whose clock stands still until it is turned.
async fn turned() -> (Instance, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_790_000_000));
    let read = seconds.clone();
    let now = move || jiff::Timestamp::from_second(read.load(Ordering::SeqCst)).expect("a time");
    (Instance::with_clock(Settings::in_memory(), Clock::turned_by(now)).await, seconds)
}

async fn action(instance: &Instance, event: &str, script: &str) {
    let body = json!({"name": "Handler", "event_name": event, "script": script});
    instance.post("/api/now/table/sysevent_script_action", body).await;
}

/// 11.2: `gs.eventQueue` puts a row into `sysevent`, whose script actions run with `event` and `current`, as the system.
#[tokio::test]
async fn events_run_their_script_actions() {
    let (instance, _) = turned().await;
    action(
        &instance,
        "x.made",
        "current.description = [event.name, event.parm1, event.parm2, gs.getUserName()].join(' '); current.update();",
    )
    .await;
    instance
        .rule(
            "after",
            "incident",
            "gs.eventQueue('x.made', current, 'one', current.number);",
            json!({"action_update": "false"}),
        )
        .await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    instance.run_jobs().await;
    let events = instance.wait_for("/api/now/table/sysevent?sysparm_query=name=x.made^state=processed").await;
    assert_eq!(
        (&events[0]["parm1"], &events[0]["instance"], &events[0]["user_name"]),
        (&json!("one"), &made["sys_id"], &json!("admin"))
    );
    let now = instance.get(&format!("/api/now/table/incident/{}", made["sys_id"].as_str().expect("an id"))).await;
    assert_eq!(now["description"], format!("x.made one {} system", made["number"].as_str().expect("a number")));
}

/// 11.2: An event queued for later runs when the instance's clock has reached its time, and not before.
#[tokio::test]
async fn scheduled_events_wait_for_their_time() {
    let (instance, clock) = turned().await;
    action(&instance, "x.later", "gs.setProperty('x.ran', event.parm1);").await;
    instance
        .evaluate("var at = new GlideDateTime(); at.addSeconds(120); gs.eventQueueScheduled('x.later', null, 'yes', '', at); return 1;")
        .await;
    assert_eq!(instance.run_jobs().await, 0);
    clock.fetch_add(119, Ordering::SeqCst);
    assert_eq!(instance.run_jobs().await, 0);
    clock.fetch_add(1, Ordering::SeqCst);
    instance.run_jobs().await;
    instance.wait_for("/api/now/table/sys_properties?sysparm_query=name=x.ran^value=yes").await;
}

/// 11.2: A post that fails is tried again by an event that queues itself, with a longer pause each time.
#[tokio::test]
async fn failed_posts_are_tried_again_by_events() {
    let (instance, clock) = turned().await;
    let mut receiver = Receiver::start().await;
    let script = format!(
        "var attempt = parseInt(event.parm1 || '0', 10), r = new sn_ws.RESTMessageV2();
        r.setEndpoint('{}' + (attempt < 2 ? '/status/503' : '/ok')); r.setHttpMethod('post'); r.setRequestBody(String(attempt));
        if (r.execute().haveError()) {{
            var at = new GlideDateTime(); at.addSeconds(60 * (attempt + 1));
            gs.eventQueueScheduled('x.send', current, String(attempt + 1), '', at);
        }}",
        receiver.address
    );
    action(&instance, "x.send", &script).await;
    instance.rule("after", "incident", "gs.eventQueue('x.send', current, '0');", json!({})).await;
    instance.post("/api/now/table/incident", json!({})).await;
    for pause in [0, 60, 120, 600] {
        clock.fetch_add(pause, Ordering::SeqCst);
        instance.run_jobs().await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(receiver.next().await.body);
    }
    assert_eq!(seen, ["0", "1", "2"]);
    instance.stop().await;
    assert_eq!(receiver.rest(), 0);
}

/// 11.2: A handler that fails leaves its event in state error, with the reason.
#[tokio::test]
async fn failed_events_say_why() {
    let (instance, _) = turned().await;
    action(&instance, "x.broken", "noSuchThing();").await;
    instance.evaluate("gs.eventQueue('x.broken', null); return 1;").await;
    instance.run_jobs().await;
    let events = instance.wait_for("/api/now/table/sysevent?sysparm_query=name=x.broken^state=error").await;
    assert!(events[0]["error_message"].as_str().is_some_and(|text| text.contains("noSuchThing")), "{events}");
}

/// 11.2: `ScheduleOnce` runs its script once, at its time, and its row is gone afterwards.
#[tokio::test]
async fn jobs_run_once() {
    let (instance, clock) = turned().await;
    instance
        .evaluate(
            "var job = new ScheduleOnce(); job.script = \"gs.setProperty('x.once', gs.nowDateTime())\";
             var at = new GlideDateTime(); at.addSeconds(30); job.setTime(at); job.setLabel('Once'); return job.schedule();",
        )
        .await;
    assert_eq!(instance.run_jobs().await, 0);
    clock.fetch_add(30, Ordering::SeqCst);
    instance.run_jobs().await;
    instance.wait_for("/api/now/table/sys_properties?sysparm_query=name=x.once").await;
    let left = instance.get("/api/now/table/sys_trigger?sysparm_query=name=Once").await;
    assert_eq!(left, json!([]));
}

/// 11.2: A scheduled script runs every so often, while it is active.
#[tokio::test]
async fn scheduled_scripts_repeat() {
    let (instance, clock) = turned().await;
    let body = json!({"name": "Every ten minutes", "run_type": "periodically", "run_period": "1970-01-01 00:10:00",
        "script": "gs.setProperty('x.count', String(parseInt(gs.getProperty('x.count', '0'), 10) + 1));"});
    let job = instance.post("/api/now/table/sysauto_script", body).await;
    for _ in 0..3 {
        instance.run_jobs().await;
        instance.run_jobs().await;
        clock.fetch_add(600, Ordering::SeqCst);
    }
    instance.wait_for("/api/now/table/sys_properties?sysparm_query=name=x.count^value=3").await;
    let path = format!("/api/now/table/sysauto_script/{}", job["sys_id"].as_str().expect("an id"));
    instance.patch(&path, json!({"active": "false"})).await;
    clock.fetch_add(6_000, Ordering::SeqCst);
    instance.run_jobs().await;
    instance.wait_for("/api/now/table/sys_properties?sysparm_query=name=x.count^value=3").await;
}

/// 11.2: What waits survives a restart of the instance.
#[tokio::test]
async fn waiting_jobs_survive_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-jobs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = || Settings { data: Some(folder.join("jobs.db")), ..Settings::in_memory() };
    let instance = Instance::with(settings()).await;
    action(&instance, "x.tomorrow", "gs.setProperty('x.survived', 'yes');").await;
    instance
        .evaluate("var at = new GlideDateTime(); at.addDays(1); gs.eventQueueScheduled('x.tomorrow', null, '', '', at); return 1;")
        .await;
    instance.stop().await;
    let tomorrow = || Clock::real().now() + jiff::SignedDuration::from_hours(25);
    let instance = Instance::with_clock(settings(), Clock::turned_by(tomorrow)).await;
    instance.run_jobs().await;
    instance.wait_for("/api/now/table/sys_properties?sysparm_query=name=x.survived").await;
    instance.stop().await;
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}

/// 11.2: Only an administrator may run what is due by hand.
#[tokio::test]
async fn running_jobs_is_for_administrators() {
    let instance = Instance::start().await;
    let refused = instance.call_as("itil", reqwest::Method::POST, "/sandbox/run-jobs", None).await;
    assert_eq!(refused.status(), reqwest::StatusCode::FORBIDDEN);
}
