package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

/** Answers with its event, unless that asks for something else; see README.md of the folder above. */
public final class Handler implements RequestHandler<Map<String, Object>, Object> {
    @Override
    public Object handleRequest(Map<String, Object> event, Context context) {
        System.out.println("hello from Java, request " + context.getAwsRequestId());
        if (Boolean.TRUE.equals(event.get("fail"))) {
            throw new IllegalArgumentException("as asked");
        }
        if (Boolean.TRUE.equals(event.get("crash"))) {
            Runtime.getRuntime().halt(3);
        }
        if (event.get("sleep_ms") instanceof Number pause) {
            sleep(pause.longValue());
        }
        if (event.get("size") instanceof Number size) {
            return "x".repeat(Math.max(size.intValue() - 2, 0));
        }
        return event;
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
