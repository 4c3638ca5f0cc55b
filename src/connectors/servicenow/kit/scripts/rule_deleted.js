(function executeRule(current, previous) {
    // Runs inside the deletion: nothing is sent from here.
    new Isthmus_CONNECTION().tellLater('deleted', current);
})(current, previous);
