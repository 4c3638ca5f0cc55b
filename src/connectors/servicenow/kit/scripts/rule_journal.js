(function executeRule(current, previous /*null when async*/) {
    new Isthmus_CONNECTION().tell('journal', current);
})(current, previous);
