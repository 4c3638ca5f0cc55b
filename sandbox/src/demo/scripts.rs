//! Configuration that every instance is delivered with. None of it is active, so that nothing happens because of it; but
//! who may read such records sees some, as on an instance.

use super::{add, fixed_id};
use crate::instance::Instance;
use crate::store::Write;

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    let include = [
        ("name", "CallerOfIncident"),
        ("api_name", "global.CallerOfIncident"),
        ("active", "false"),
        ("script", "var CallerOfIncident = Class.create();\n"),
    ];
    add(instance, write, "sys_script_include", &fixed_id("script include of the caller"), &include);
    let event = [
        ("event_name", "incident.reopened"),
        ("table", "incident"),
        ("description", "An incident that was resolved is open again."),
        ("fired_by", "Nothing yet"),
    ];
    add(instance, write, "sysevent_register", &fixed_id("event of reopened incidents"), &event);
    let action = [
        ("name", "Incident was reopened"),
        ("event_name", "incident.reopened"),
        ("active", "false"),
        ("script", "gs.info('Incident ' + event.parm1 + ' was reopened');"),
    ];
    add(instance, write, "sysevent_script_action", &fixed_id("script action of reopened incidents"), &action);
    let button = [
        ("name", "Reopen"),
        ("action_name", "reopen_incident"),
        ("table", "incident"),
        ("active", "false"),
        ("form_button", "true"),
        ("condition", "current.state == 6"),
        ("script", "current.state = 2;\ncurrent.update();\naction.setRedirectURL(current);"),
    ];
    add(instance, write, "sys_ui_action", &fixed_id("button that reopens incidents"), &button);
}
