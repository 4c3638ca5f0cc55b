    var IncidentWebhookHelperAjax = Class.create();
    IncidentWebhookHelperAjax.prototype = Object.extendsObject(global.AbstractAjaxProcessor, {
    sendWebhook: function() {
        var sysId = this.getParameter('sysparm_sys_id');
        var gr = new GlideRecord('incident');
        if (gr.get(sysId)) {
            var helper = new IncidentWebhookHelper();
            helper.sendIncidentWebhook(gr);
                return 'Success';
        }
        return 'Request failed';
    }
    });
