(function executeRule(current, previous) {
var payload = {
sys_id: current.sys_id.toString(),
number: current.number.toString(),
short_description: current.short_description.toString(),
state: current.state.toString(),
priority: current.priority.toString(),
impact: current.impact.toString(),
assigned_to: current.assigned_to.getDisplayValue(),
updated_on: current.sys_updated_on.toString()
};
var request = new sn_ws.RESTMessageV2();
request.setEndpoint("https://your-incidents-server/api/v1/webhooks/{integration_id}");
request.setHttpMethod("POST");
request.setRequestHeader("Content-Type", "application/json");
request.setRequestHeader("X-ServiceNow-Signature", generateSignature(JSON.stringify(payload)));
request.setRequestBody(JSON.stringify(payload));
request.execute();
})(current, previous);
