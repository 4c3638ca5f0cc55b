(function executeRule(current, previous /*null when async*/) {
    new Isthmus_CONNECTION().tell('attachment', current);
})(current, previous);
