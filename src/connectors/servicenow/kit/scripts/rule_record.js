(function executeRule(current, previous /*null when async*/) {
    new Isthmus_CONNECTION().tell('record', current);
})(current, previous);
