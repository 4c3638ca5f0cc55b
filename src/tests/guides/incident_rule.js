    (function executeRule(current, previous) {
        function getLastComment(recordSysId) {
            var journalGR = new GlideRecord('sys_journal_field');
            journalGR.addQuery('element_id', recordSysId);
            journalGR.addQuery('element', 'comments');
            journalGR.orderByDesc('sys_created_on');
            journalGR.setLimit(1);
            journalGR.query();
            if (journalGR.next()) {
                var comment = journalGR.getValue('value');
                return comment;
            }

            return '';
        }

        var operation = current.operation() || 'unknown';
        var isPreviousNull = previous === null;
        var createdOn = current.getValue('sys_created_on');
        var updatedOn = current.getValue('sys_updated_on');
        var isNewRecord = createdOn === updatedOn;

        var action = 'update';
        if (isPreviousNull && isNewRecord) {
            action = 'insert';
        }

        var body = {
            action_type: action,
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
            var endpoint = '';
            var request = new sn_ws.RESTMessageV2();
            request.setHttpMethod("POST");
            request.setEndpoint(endpoint);
            request.setRequestHeader("Content-Type", "application/json");
            request.setRequestBody(JSON.stringify(body));
            request.executeAsync();
        } catch (ex) {
            gs.error("Error sending webhook: " + ex.message);
        }

})(current, previous);
