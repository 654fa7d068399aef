#pragma once
// What every Transport promises (daemon/core/transport.h), as tests. Each implementation is put
// into a TransportUnderTest and run through the same suite, so that a simulated one cannot drift
// from the real one:
//
//   INSTANTIATE_TEST_SUITE_P(Curl, TransportContract, testing::Values(make_curl_under_test));

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/transport_under_test.h"

namespace reporterd {

class TransportContract : public testing::TestWithParam<MakeTransportUnderTest> {
 protected:
  using Kind = ServerAction::Kind;
  using Place = TransportUnderTest::Place;

  Transport& transport() { return world_->transport(); }

  void receiver_does(ServerAction action) {
    world_->script([action = std::move(action)](const ReceivedRequest&) { return action; });
  }

  Request request(std::string body = "{}", Place place = Place::receiver) {
    return {world_->url(place), {{"Content-Type", "application/json"}}, std::move(body)};
  }

  bool replied(SendId id) {
    return std::ranges::any_of(replies_, [&](const auto& entry) { return entry.first == id; });
  }

  // Sends one request and waits for its reply.
  Reply reply_to(Request wish) {
    const SendId id = next_id_++;
    transport().send(id, std::move(wish));
    EXPECT_FALSE(replied(id)) << "from inside send()";
    EXPECT_TRUE(world_->run_until([&] { return replied(id); }));
    const auto found =
        std::ranges::find_if(replies_, [&](const auto& entry) { return entry.first == id; });
    return found == replies_.end() ? Reply{} : found->second;
  }

  Reply reply_when_receiver_does(ServerAction action) {
    receiver_does(std::move(action));
    Reply reply = reply_to(request());
    EXPECT_FALSE(reply.what.empty());
    EXPECT_EQ(reply.what.find('\n'), std::string::npos);
    return reply;
  }

  // Waits until the receiver has got `count` requests.
  void wait_for_requests(std::size_t count) {
    EXPECT_TRUE(world_->run_until([&] { return world_->requests().size() >= count; }));
  }

  // No further reply is on its way: a later request is answered, and nothing else was told.
  void expect_no_more_replies() {
    const std::size_t before = replies_.size();
    receiver_does({});
    reply_to(request());
    EXPECT_EQ(replies_.size(), before + 1);
  }

  std::vector<std::pair<SendId, Reply>> replies_;
  std::function<void(SendId)> also_on_reply_;
  SendId next_id_ = 1000;
  std::unique_ptr<TransportUnderTest> world_ = GetParam()([this](SendId id, Reply reply) {
    replies_.emplace_back(id, std::move(reply));
    if (also_on_reply_) {
      also_on_reply_(id);
    }
  });
};

TEST_P(TransportContract, ARequestArrivesAsItWasGivenAndIsAnswered) {
  receiver_does({.status = 201, .headers = {{"Content-Type", "application/json"}}, .body = "[1]"});
  Request wish = request("{\"a\":\"\xc3\xa4\"}");
  wish.headers.emplace_back("Idempotency-Key", "k/1");
  const Reply reply = reply_to(std::move(wish));
  EXPECT_EQ(reply.fate, Fate::answered);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body, "[1]");
  EXPECT_EQ(reply.what, "HTTP 201");
  EXPECT_FALSE(reply.tls_problem);
  EXPECT_FALSE(reply.retry_after);
  const auto requests = world_->requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].body, "{\"a\":\"\xc3\xa4\"}");
  EXPECT_EQ(requests[0].header("content-type"), "application/json");
  EXPECT_EQ(requests[0].header("idempotency-key"), "k/1");
}

TEST_P(TransportContract, AnEmptyBodyIsSentAsSuch) {
  receiver_does({});
  EXPECT_EQ(reply_to(request("")).fate, Fate::answered);
  EXPECT_EQ(world_->requests().at(0).body, "");
}

TEST_P(TransportContract, ARefusalIsAnAnswer) {
  for (const int status : {400, 401, 404, 409, 413, 500}) {
    const Reply reply = reply_when_receiver_does({.status = status, .body = "no"});
    EXPECT_EQ(reply.fate, Fate::answered);
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.body, "no");
  }
}

TEST_P(TransportContract, RetryAfterAndDateAreCarriedAsSent) {
  const Reply reply =
      reply_when_receiver_does({.status = 503,
                                .headers = {{"retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"},
                                            {"Date", "Fri, 31 Dec 1999 23:00:00 GMT"}}});
  EXPECT_EQ(reply.retry_after, "Fri, 31 Dec 1999 23:59:59 GMT");
  EXPECT_EQ(reply.date, "Fri, 31 Dec 1999 23:00:00 GMT");
}

TEST_P(TransportContract, AnHtmlPageIsTellingByItsLowerCasedType) {
  const Reply reply = reply_when_receiver_does(
      {.headers = {{"Content-Type", "Text/HTML; charset=UTF-8"}}, .body = "<html>"});
  EXPECT_EQ(reply.fate, Fate::answered);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
}

TEST_P(TransportContract, ARedirectIsAnAnswerAndNotFollowed) {
  const Reply reply = reply_when_receiver_does(
      {.status = 307, .headers = {{"Location", world_->url(Place::receiver) + "elsewhere"}}});
  EXPECT_EQ(reply.fate, Fate::answered);
  EXPECT_EQ(reply.status, 307);
  EXPECT_EQ(world_->requests().size(), 1U);
}

TEST_P(TransportContract, ABodyAtTheCapIsComplete) {
  const std::string body(TransportUnderTest::response_bytes, 'x');
  const Reply reply = reply_when_receiver_does({.body = body});
  EXPECT_EQ(reply.fate, Fate::answered);
  EXPECT_EQ(reply.body, body);
}

TEST_P(TransportContract, ARefusalOverTheCapIsAnAnswerWithItsBodyCut) {
  const std::string body(TransportUnderTest::response_bytes + 1, 'x');
  const Reply reply = reply_when_receiver_does(
      {.status = 503, .headers = {{"Retry-After", "7"}}, .body = body + body});
  EXPECT_EQ(reply.fate, Fate::answered);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.retry_after, "7");
  EXPECT_EQ(reply.body.size(), TransportUnderTest::response_bytes);
}

TEST_P(TransportContract, ASuccessOverTheCapIsNotBelieved) {
  const std::string body(TransportUnderTest::response_bytes + 1, 'x');
  const Reply reply = reply_when_receiver_does({.status = 200, .body = body});
  EXPECT_EQ(reply.fate, Fate::ambiguous);
  EXPECT_EQ(reply.body, "");
}

TEST_P(TransportContract, WhereNobodyListensIsUnreachable) {
  const Reply reply = reply_to(request("{}", Place::nobody_listens));
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_FALSE(reply.tls_problem);
  EXPECT_NE(reply.what.find("refused"), std::string::npos) << reply.what;
}

TEST_P(TransportContract, AnUntrustedCertificateIsUnreachableAndATlsProblem) {
  const Reply reply = reply_to(request("{}", Place::untrusted_certificate));
  EXPECT_EQ(reply.fate, Fate::unreachable);
  EXPECT_TRUE(reply.tls_problem);
  EXPECT_NE(reply.what.find("certificate"), std::string::npos) << reply.what;
}

TEST_P(TransportContract, AConnectionThatEndsBeforeTheReplyIsComplete) {
  for (const Kind kind : {Kind::close, Kind::reset, Kind::reset_mid_reply, Kind::truncate}) {
    const Reply reply =
        reply_when_receiver_does({.kind = kind, .body = "some words that get lost"});
    EXPECT_EQ(reply.fate, Fate::ambiguous) << static_cast<int>(kind);
    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.body, "");
  }
}

TEST_P(TransportContract, WhatIsNotHttpIsAmbiguous) {
  EXPECT_EQ(reply_when_receiver_does({.kind = Kind::raw, .body = "SSH-2.0-x\r\n"}).fate,
            Fate::ambiguous);
}

TEST_P(TransportContract, SilenceIsAmbiguousAfterTheTimeout) {
  const Reply reply = reply_when_receiver_does({.kind = Kind::hang});
  EXPECT_EQ(reply.fate, Fate::ambiguous);
  const std::string time_waited = std::to_string(TransportUnderTest::timeout.count()) + "ms";
  EXPECT_NE(reply.what.find(time_waited), std::string::npos) << reply.what;
}

TEST_P(TransportContract, ATricklingReplyDoesNotOutliveTheTimeout) {
  const Reply reply =
      reply_when_receiver_does({.kind = Kind::trickle, .body = std::string(1000, 'x')});
  EXPECT_EQ(reply.fate, Fate::ambiguous);
}

TEST_P(TransportContract, OneBadReplyDoesNotHarmTheNextRequest) {
  reply_when_receiver_does({.kind = Kind::reset});
  EXPECT_EQ(reply_when_receiver_does({}).fate, Fate::answered);
}

TEST_P(TransportContract, WhatBecameOfOneRequestDoesNotColourTheNext) {
  const std::string too_much(TransportUnderTest::response_bytes + 1, 'x');
  EXPECT_EQ(reply_when_receiver_does({.status = 500, .body = too_much}).fate, Fate::answered);
  const Reply empty = reply_when_receiver_does({});
  EXPECT_EQ(empty.fate, Fate::answered);
  EXPECT_EQ(empty.body, "");
  EXPECT_EQ(reply_to(request("{}", Place::nobody_listens)).fate, Fate::unreachable);
}

TEST_P(TransportContract, ACancelledRequestIsToldOnceAndNotFromInsideCancel) {
  receiver_does({.kind = Kind::hang});
  transport().send(1, request());
  wait_for_requests(1);
  transport().cancel(1);
  transport().cancel(1);
  EXPECT_FALSE(replied(1)) << "from inside cancel()";
  ASSERT_TRUE(world_->run_until([&] { return replied(1); }));
  EXPECT_EQ(replies_.at(0).second.fate, Fate::cancelled);
  expect_no_more_replies();
}

TEST_P(TransportContract, ARequestCancelledInTheSameTurnIsToldToo) {
  receiver_does({});
  transport().send(1, request());
  transport().cancel(1);
  ASSERT_TRUE(world_->run_until([&] { return replied(1); }));
  EXPECT_EQ(replies_.at(0).second.fate, Fate::cancelled);
  expect_no_more_replies();
}

TEST_P(TransportContract, CancellingWhatIsNotThereDoesNothing) {
  transport().cancel(77);
  receiver_does({});
  transport().send(1, request());
  ASSERT_TRUE(world_->run_until([&] { return replied(1); }));
  transport().cancel(1);
  expect_no_more_replies();
}

TEST_P(TransportContract, AnIdIsFreeAgainAfterItsReply) {
  receiver_does({});
  int sends = 1;
  also_on_reply_ = [&](SendId id) {
    if (sends < 3) {
      ++sends;
      transport().send(id, request());
    }
  };
  transport().send(5, request());
  EXPECT_TRUE(world_->run_until([&] { return replies_.size() == 3; }));
}

TEST_P(TransportContract, OnReplyMayCancelTheOthers) {
  world_->script([](const ReceivedRequest& seen) {
    return ServerAction{.kind = seen.body == "quick" ? Kind::reply : Kind::hang};
  });
  also_on_reply_ = [&](SendId id) {
    if (id == 1) {
      transport().cancel(2);
    }
  };
  transport().send(2, request("slow"));
  transport().send(1, request("quick"));
  ASSERT_TRUE(world_->run_until([&] { return replies_.size() == 2; }));
  EXPECT_EQ(replies_.at(0).first, 1U);
  EXPECT_EQ(replies_.at(1).second.fate, Fate::cancelled);
}

TEST_P(TransportContract, EachOfManyRequestsInFlightGetsItsOwnReplyOnce) {
  world_->script([](const ReceivedRequest& seen) { return ServerAction{.body = seen.body}; });
  constexpr SendId count = 64;
  for (SendId id = 0; id < count; ++id) {
    transport().send(id, request(std::to_string(id)));
  }
  ASSERT_TRUE(world_->run_until([&] { return replies_.size() >= count; }));
  std::set<SendId> ids;
  for (const auto& [id, reply] : replies_) {
    EXPECT_EQ(reply.body, std::to_string(id));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), count);
  EXPECT_EQ(replies_.size(), count);
}

}  // namespace reporterd
