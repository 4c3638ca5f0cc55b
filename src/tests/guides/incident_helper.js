    var IncidentWebhookHelper = Class.create();
    IncidentWebhookHelper.prototype = {
    initialize: function() {},

    sendIncidentWebhook: function(current) {
        function getLastComment(sysId) {
            var journalGR = new GlideRecord('sys_journal_field');
            journalGR.addQuery('element_id', sysId);
            journalGR.addQuery('element', 'comments');
            journalGR.orderByDesc('sys_created_on');
            journalGR.setLimit(1);
            journalGR.query();
            if (journalGR.next()) {
                return journalGR.getValue('value');
            }
            return '';
        }

        var body = {
            action_type: current.isNewRecord() ? 'insert' : 'update',
            number: current.getValue("number"),
            sys_id: current.getUniqueValue(),
            short_description: current.getValue("short_description"),
            description: current.getValue("description"),
            state: current.getDisplayValue("state"),
            impact: current.getDisplayValue("impact"),
            urgency: current.getDisplayValue("urgency"),
            comments: getLastComment(current.getUniqueValue())
        };

        try {
            var request = new sn_ws.RESTMessageV2();
            request.setHttpMethod("POST");
            request.setEndpoint("PUSH URL");
            request.setRequestHeader("Content-Type", "application/json");
            request.setRequestBody(JSON.stringify(body));
            request.executeAsync();
            } catch (ex) {
            gs.error("Webhook Call failed: " + ex.message);
        }
    },

    type: 'IncidentWebhookHelper'
    };
