(function () {
    current.update();
    if (new Isthmus_CONNECTION().tellLater('manual', current)) {
        gs.addInfoMessage('Isthmus will look at this record within a minute.');
    } else {
        gs.addErrorMessage('Isthmus was not told. Either the property isthmus.CONNECTION.enabled is not true, or the log says why.');
    }
    action.setRedirectURL(current);
})();
