new Isthmus_CONNECTION().tellAgain(event);
