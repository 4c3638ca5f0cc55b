-- Few rows are here at a time, and each is written while somebody waits: looking through them is cheaper than keeping
-- them in order.
drop index inbox_process;
drop index inbox_put_at;
