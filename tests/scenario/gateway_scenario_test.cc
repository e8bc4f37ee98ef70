#include <gmock/gmock.h>

#include <random>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(WholeAnswer, CarriesTheTextAndWhatItTook) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:Hello");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.sent(), HasSubstr(R"("content":"Hello")"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("prompt_tokens":9,"completion_tokens":5,"total_tokens":14)"));
  EXPECT_TRUE(answer.handled);
  EXPECT_EQ(house.engine.trace().open_seats, 0U);
}

TEST(Stream, SendsRoleTextFinishAndDone) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:Hi", R"(,"stream":true,"stream_options":{"include_usage":true})");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.fields(), HasSubstr("X-Accel-Buffering: no"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("role":"assistant")"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("choices":[],"usage":{)"));
  EXPECT_THAT(answer.sent(), EndsWith("data: [DONE]\n\n"));
  EXPECT_TRUE(answer.complete());
}

TEST(Credential, IsAskedForBeforeTheBody) {
  WholeGateway house;
  const FakeExchange& answer = house.ask(Ask{wire::Method::post, "/v1/chat/completions", {}, "{}"});
  EXPECT_EQ(answer.status(), 401);
  EXPECT_FALSE(answer.body_was_read());
  EXPECT_THAT(answer.sent(), HasSubstr("Missing or invalid Authorization header"));
  EXPECT_THAT(answer.fields(), HasSubstr("X-API-Key-Error: missing"));
}

TEST(Credential, ComesInThreeFields) {
  WholeGateway house;
  const std::string body = R"({"messages":[{"role":"user","content":"say:Hi"}]})";
  for (const auto& field : {std::pair<std::string, std::string>{"X-API-Key", house.key()},
                            {"api-key", house.key()},
                            {"Authorization", "bearer " + house.key()}}) {
    EXPECT_EQ(house.ask(Ask{wire::Method::post, "/v1/chat/completions", {field}, body}).status(), 200) << field.first;
  }
}

TEST(SystemPrompt, IsTheModelsWhereTheConversationBringsNone) {
  WholeGateway house({}, "Be kind.");
  EXPECT_THAT(house.chat("say:Hi").sent(), HasSubstr(R"("content":"Hi")"));
  EXPECT_EQ(house.engine.last_prompt().messages.front().content, "Be kind.");
  house.ask(Ask{wire::Method::post, "/v1/chat/completions", house.with_key(),
                R"({"messages":[{"role":"developer","content":"Be short."},{"role":"user","content":"say:Hi"}]})"});
  ASSERT_EQ(house.engine.last_prompt().messages.size(), 2U);
  EXPECT_EQ(house.engine.last_prompt().messages.front().role, "system");
  EXPECT_EQ(house.engine.last_prompt().messages.front().content, "Be short.");
}

TEST(Model, ThatIsNotServedDoesNotExist) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:Hi", R"(,"model":"gpt-5")");
  EXPECT_EQ(answer.status(), 404);
  EXPECT_THAT(answer.sent(), HasSubstr(R"("code":"model_not_found")"));
}

TEST(Allowance, EndsTheAnswerAtExactlyItsLastToken) {
  WholeGateway house;
  for (const int most : {1, 63, 64, 65, 200, 1000}) {
    const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":)" + std::to_string(most));
    EXPECT_THAT(answer.sent(), HasSubstr("\"content\":\"" + std::string(static_cast<std::size_t>(most), 'x') + "\""));
    EXPECT_THAT(answer.sent(), HasSubstr(R"("finish_reason":"length")"));
    EXPECT_THAT(answer.sent(), HasSubstr("\"completion_tokens\":" + std::to_string(most)));
  }
}

TEST(Allowance, BeyondASeatIsRefusedNamingBothNumbers) {
  engine::ScriptedOptions small;
  small.seat_cells = 100;
  WholeGateway house(small);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":95)");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.sent(), HasSubstr("context_length_exceeded"));
  EXPECT_THAT(answer.sent(), HasSubstr("100 tokens"));
  EXPECT_THAT(answer.sent(), HasSubstr("at most 94"));
  EXPECT_EQ(house.engine.jobs(), 0U);
}

TEST(Prompt, OfMoreMessagesThanTokensIsNotSentToTheEngine) {
  WholeGateway house;
  const auto ask = [&](int messages) -> FakeExchange& {
    std::string list = R"({"role":"user","content":""})";
    for (int i = 1; i < messages; ++i) list += R"(,{"role":"user","content":""})";
    return house.ask(Ask{wire::Method::post, "/v1/chat/completions", house.with_key(), R"({"messages":[)" + list + "]}"});
  };
  const FakeExchange& refused = ask(4097);
  EXPECT_EQ(refused.status(), 400);
  EXPECT_THAT(refused.sent(), HasSubstr("context_length_exceeded"));
  EXPECT_THAT(refused.sent(), HasSubstr("4097 messages"));
}

TEST(Allowance, BeyondASeatIsAFaultOfOneFieldWhereFaultsAreListed) {
  engine::ScriptedOptions small;
  small.seat_cells = 100;
  WholeGateway house(small);
  const auto generate = [&house](const std::string& prompt, const std::string& more) -> const FakeExchange& {
    return house.ask(Ask{wire::Method::post, "/api/llm/generate", house.with_key(), R"({"prompt":")" + prompt + '"' + more + "}"});
  };
  const FakeExchange& asks_too_much = generate("loop:x", R"(,"max_tokens":95)");
  EXPECT_EQ(asks_too_much.status(), 422);
  EXPECT_THAT(asks_too_much.sent(), HasSubstr(R"("param":"max_tokens")"));
  EXPECT_THAT(asks_too_much.sent(),
              HasSubstr(R"("details":[{"path":"/max_tokens","message":"is more than the prompt leaves","expected":"at most 94"}])"));
  const FakeExchange& too_long = generate(std::string(200, 'x'), "");
  EXPECT_EQ(too_long.status(), 422);
  EXPECT_THAT(too_long.sent(), HasSubstr(R"("details":[{"path":"/prompt","message":"is too long for this model")"));
}

TEST(Ceiling, OfTheInstallationHoldsForWhatIsAskedAndForWhatIsLeftOpen) {
  WholeGateway house({}, "", {20, 30});
  const auto generate = [&house](const std::string& prompt, const std::string& more) -> const FakeExchange& {
    return house.ask(Ask{wire::Method::post, "/api/llm/generate", house.with_key(), R"({"prompt":")" + prompt + '"' + more + "}"});
  };
  const FakeExchange& asked = generate("loop:x", R"(,"max_tokens":21)");
  EXPECT_EQ(asked.status(), 422);
  EXPECT_THAT(asked.sent(),
              HasSubstr(R"("path":"/max_tokens","message":"is above what this server allows","expected":"an integer from 1 to 20")"));
  EXPECT_THAT(generate("loop:x", R"(,"max_tokens":20)").sent(), HasSubstr(R"("completion_tokens":20)"));
  EXPECT_THAT(generate("loop:x", "").sent(), HasSubstr(R"("completion_tokens":20)"));
  const FakeExchange& chat = house.chat("loop:x", R"(,"max_completion_tokens":21)");
  EXPECT_EQ(chat.status(), 400);
  EXPECT_THAT(chat.sent(), AllOf(HasSubstr(R"("param":"max_tokens")"), HasSubstr("at most 20 on this server")));
  EXPECT_THAT(house.chat("loop:x").sent(), HasSubstr(R"("completion_tokens":20)"));

  EXPECT_EQ(generate("loop:" + std::string(25, 'x'), "").status(), 200);
  EXPECT_EQ(generate("loop:" + std::string(26, 'x'), "").status(), 422);
  std::string chinese = "loop:";
  for (int i = 0; i < 25; ++i) chinese += "字";
  EXPECT_EQ(generate(chinese, "").status(), 200) << "characters count, not bytes";
  EXPECT_EQ(house.chat(std::string(200, 'x')).status(), 200) << "a conversation has the context of its model";
  EXPECT_EQ(house.engine.jobs(), 0U);
}

TEST(Stop, IsNeverShown) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:one two three", R"(,"stop":[" three","zwei"])");
  EXPECT_THAT(answer.sent(), HasSubstr(R"("content":"one two")"));
}

TEST(SlowReader, ParksItsJobAndGoesOnWhenItReads) {
  WholeGateway house;
  house.engine.hold(true);
  FakeExchange& answer = house.chat("loop:0123456789abcdef", R"(,"stream":true,"max_tokens":3000)");
  answer.stop_reading();
  house.engine.hold(false);
  house.settle();
  const auto passes = house.engine.trace().decode_passes.load();
  EXPECT_LT(passes, 2000U) << "it stands still, far from its end";
  house.pass(seconds(10));
  EXPECT_LE(house.engine.trace().decode_passes.load(), passes + 1);
  EXPECT_FALSE(answer.complete());
  EXPECT_EQ(house.engine.trace().open_seats, 1U) << "its cells are kept";
  answer.read_all();
  house.settle();
  EXPECT_THAT(answer.sent(), EndsWith("data: [DONE]\n\n"));
  EXPECT_EQ(house.engine.trace().open_seats, 0U);
}

TEST(SlowReader, IsGivenUpAfterThirtySeconds) {
  WholeGateway house;
  house.engine.hold(true);
  FakeExchange& answer = house.chat("loop:0123456789abcdef", R"(,"stream":true,"max_tokens":3000)");
  answer.stop_reading();
  house.engine.hold(false);
  house.settle();
  house.pass(seconds(33));
  EXPECT_TRUE(answer.broken_off());
  EXPECT_TRUE(answer.handled);
  EXPECT_EQ(house.engine.trace().open_seats, 0U);
}

TEST(Client, ThatLeavesFreesItsSeatAtOnce) {
  WholeGateway house;
  house.engine.hold(true);
  FakeExchange& answer = house.chat("loop:x", R"(,"stream":true,"max_tokens":3000)");
  answer.leave();
  house.engine.hold(false);
  house.settle();
  EXPECT_TRUE(answer.handled);
  EXPECT_EQ(house.engine.trace().open_seats, 0U);
  EXPECT_EQ(house.engine.jobs(), 0U);
}

TEST(Client, ThatLeavesBeforeItsAnswerIsCountedAsThat) {
  WholeGateway house;
  house.engine.hold(true);
  FakeExchange& answer = house.chat("loop:x");
  answer.leave();
  house.settle();
  EXPECT_TRUE(answer.handled);
  EXPECT_THAT(house.metrics.scrape(), HasSubstr(R"({endpoint="/v1/chat/completions",method="POST",status_code="499"} 1)"));
}

TEST(Refusal, OfWhatIsNoRequestIsLoggedAndCounted) {
  WholeGateway house;
  const net::Sender sender{"192.0.2.7", house.reactor};
  const Error slow(Code::timeout, Origin::caller, "request_timeout", "The request head did not come in time");
  EXPECT_EQ(house.gateway().public_handler().refuse(slow, nullptr, sender).status(), 408);
  const FakeExchange& behind_it = house.ask(Ask{wire::Method::get, "/v1/x", {{"User-Agent", "curl/8"}, {"X-Request-Id", "mine"}}, {}});
  const Error large(Code::head_too_large, Origin::caller, "too_many_fields", "too many fields");
  EXPECT_EQ(house.gateway().public_handler().refuse(large, &behind_it.head(), sender).status(), 431);

  EXPECT_THAT(house.metrics.scrape(), HasSubstr(R"x({endpoint="(unknown)",method="(unknown)",status_code="408"} 1)x"));
  EXPECT_THAT(house.metrics.scrape(), HasSubstr(R"x({endpoint="(unknown)",method="GET",status_code="431"} 1)x"));
  const std::string lines = house.close_access_log();
  EXPECT_THAT(lines, HasSubstr(R"("method":null,"path":null,"client_ip":"192.0.2.7","status_code":408,)"));
  EXPECT_THAT(lines, HasSubstr(R"("tenant_id":null,"key_id":null,"error":"request_timeout"})"));
  EXPECT_THAT(lines, HasSubstr(R"("request_id":"mine","method":"GET","path":"/v1/x","client_ip":"192.0.2.7","status_code":431,)"));
  EXPECT_THAT(lines, HasSubstr(R"("user_agent":"curl/8")"));
  EXPECT_EQ(count(lines, "\n"), 3U);
}

TEST(LostEngine, IsAskedOnceMoreWhenNothingWasSaid) {
  WholeGateway house;
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("say:Hello");
  house.engine.lose();
  house.settle();
  EXPECT_FALSE(answer.handled);
  house.engine.hold(false);
  house.engine.come_back();
  house.settle();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(house.engine.prepared(), 2U);
}

TEST(LostEngine, IsA503WhenItStaysAway) {
  WholeGateway house;
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("say:Hello");
  house.engine.lose();
  house.pass(seconds(6));
  EXPECT_EQ(answer.status(), 503);
  EXPECT_THAT(answer.fields(), HasSubstr("Retry-After:"));
}

TEST(LostEngine, EndsAStreamWithAnErrorAndNoDone) {
  WholeGateway house;
  house.engine.hold(true);
  FakeExchange& answer = house.chat("loop:0123456789abcdef", R"(,"stream":true,"max_tokens":3000)");
  answer.stop_reading();
  house.engine.hold(false);
  house.settle();
  house.engine.lose();
  house.settle();
  EXPECT_TRUE(answer.complete());
  EXPECT_THAT(answer.sent(), HasSubstr(R"("code":"engine_lost")"));
  EXPECT_THAT(answer.sent(), Not(HasSubstr("[DONE]")));
}

TEST(Deadline, OfTheRouteEndsAnAnswer) {
  WholeGateway house;
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("loop:x");
  house.pass(seconds(601));
  EXPECT_EQ(answer.status(), 504);
  house.engine.hold(false);
  house.settle();
  EXPECT_EQ(house.engine.jobs(), 0U);
}

TEST(Deadline, HoldsAlsoWhileAPromptIsBeingCounted) {
  WholeGateway house;
  house.engine.mute();
  const FakeExchange& slow = house.chat("loop:x");
  house.pass(seconds(601));
  EXPECT_EQ(slow.status(), 504);
  const FakeExchange& last = house.chat("loop:x");
  house.gateway().cut_short();
  house.pass(seconds(2));
  EXPECT_EQ(last.status(), 503);
}

TEST(ABrokenInvariant, IsA500ThatSaysNothingAndClosesTheConnection) {
  WholeGateway house;
  house.engine.break_invariants();
  const FakeExchange& answer = house.chat("say:x");
  EXPECT_EQ(answer.status(), 500);
  EXPECT_TRUE(answer.closes());
  EXPECT_THAT(answer.sent(), HasSubstr("Internal server error"));
  EXPECT_THAT(answer.sent(), Not(HasSubstr("broken")));
}

TEST(Answers, AreToldWhenTheServerStops) {
  WholeGateway house;
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("loop:x");
  house.gateway().cut_short();
  house.pass(seconds(2));
  EXPECT_EQ(answer.status(), 503);
  EXPECT_THAT(answer.sent(), HasSubstr("shutting_down"));
}

TEST(InferenceLatency, IsThatOfAdmittedRequestsFromTheirAdmission) {
  engine::ScriptedOptions small;
  small.seat_cells = 100;
  WholeGateway house(small);
  EXPECT_EQ(house.chat("loop:x", R"(,"max_tokens":95)").status(), 400);
  EXPECT_THAT(house.metrics.scrape(), Not(HasSubstr("llm_model_inference_latency_seconds")));
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("say:Hello");
  house.pass(seconds(3));
  house.engine.hold(false);
  house.settle();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(house.metrics.scrape(), HasSubstr("llm_model_inference_latency_seconds_count{model_name=\"scripted\"} 1\n"));
  EXPECT_THAT(house.metrics.scrape(), HasSubstr("llm_model_inference_latency_seconds_sum{model_name=\"scripted\"} 3\n"));
}

TEST(Readiness, SaysNoWhileDraining) {
  WholeGateway house;
  EXPECT_EQ(house.get("/readyz").status(), 200);
  house.gateway().drain();
  EXPECT_EQ(house.get("/readyz").status(), 503);
  EXPECT_EQ(house.get("/healthz").status(), 200);
  EXPECT_THAT(house.metrics.scrape(), HasSubstr(R"(llm_api_error_count_total{endpoint="/readyz",error_type="not_ready"} 1)"));
}

// Many clients at once, each with a fate of its own: nothing may be left behind, and whoever stays gets the right answer.
TEST(ManyClients, LeaveNothingBehind) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  engine::ScriptedOptions few_seats;
  few_seats.seats = 3;
  WholeGateway house(few_seats);
  struct Client {
    FakeExchange* exchange;
    int tokens;
    bool stream, left;
  };
  std::vector<Client> clients;
  for (int i = 0; i < 300; ++i) {
    house.engine.hold(random() % 2 == 0);
    const int tokens = 1 + static_cast<int>(random() % 400);
    const bool stream = random() % 2 == 0;
    FakeExchange& exchange = house.chat("loop:~", R"(,"max_tokens":)" + std::to_string(tokens) + (stream ? R"(,"stream":true)" : ""));
    clients.push_back(Client{&exchange, tokens, stream, false});
    Client& victim = clients[random() % clients.size()];
    if (random() % 3 == 0 && !victim.exchange->handled) {
      victim.exchange->leave();
      victim.left = true;
    }
    house.pass(milliseconds(random() % 300));
  }
  house.engine.hold(false);
  house.pass(seconds(2));
  for (const Client& client : clients) {
    ASSERT_TRUE(client.exchange->handled);
    if (client.left) continue;
    ASSERT_EQ(client.exchange->status(), 200) << client.exchange->sent();
    ASSERT_EQ(count(client.exchange->sent(), "~"), static_cast<std::size_t>(client.tokens)) << client.exchange->sent();
  }
  EXPECT_EQ(house.engine.jobs(), 0U);
  EXPECT_EQ(house.engine.trace().open_seats, 0U);
  EXPECT_THAT(house.metrics.scrape(), HasSubstr("gatehouse_streams 0\n"));
}

TEST(Bodies, HaveALimitByRouteThatMayChange) {
  WholeGateway house;
  const std::string generate = R"({"prompt":"hello","max_tokens":1})";
  const auto status = [&](const std::string& path, const std::string& body) {
    return house.ask(Ask{wire::Method::post, path, house.with_key(), body}).status();
  };
  EXPECT_EQ(status("/api/llm/generate", std::string(1024 * 1024 + 1, ' ')), 413);
  EXPECT_EQ(status("/api/llm/generate", generate), 200);
  EXPECT_EQ(status("/v1/completions", std::string(1024 * 1024 + 1, ' ')), 400) << "read, and no JSON";
  house.gateway().set_bodies({ByteCount(generate.size() - 1), ByteCount(generate.size())});
  EXPECT_EQ(status("/api/llm/generate", generate), 413);
  EXPECT_EQ(status("/v1/completions", generate), 200);
  EXPECT_EQ(status("/v1/completions", generate + " "), 413);
}

}  // namespace
}  // namespace gatehouse::testing
