#include "tests/bench/raw_limits.h"

#include <curl/curl.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "daemon/core/assert.h"
#include "tests/bench/sample_messages.h"

namespace reporterd {
namespace {

constexpr std::size_t rows_per_transaction = 64;

struct Free {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void run(sqlite3* db, const char* sql) {
  ASSERT(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

std::size_t discard(char* /*bytes*/, std::size_t size, std::size_t count, void* /*nothing*/) {
  return size * count;
}

// The transfers that are under way, and what is still to be posted.
class Posts {
 public:
  Posts(const std::string& url, const std::vector<std::string>& bodies, std::size_t in_flight)
      : headers_(curl_slist_append(nullptr, "Content-Type: application/json")),
        bodies_(bodies),
        multi_(curl_multi_init()) {
    for (std::size_t i = 0; i < in_flight; ++i) {
      easy_.emplace_back(curl_easy_init());
      CURL* easy = easy_.back().get();
      curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
      curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
      start_next(easy);
    }
  }
  ~Posts() {
    for (const auto& easy : easy_) {
      curl_multi_remove_handle(multi_, easy.get());
    }
    curl_multi_cleanup(multi_);
  }
  Posts(const Posts&) = delete;
  Posts& operator=(const Posts&) = delete;

  bool run_to_end() {
    int running = 1;
    bool well = true;
    while (running > 0 && well) {
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        well = well && message->data.result == CURLE_OK;
        CURL* easy = message->easy_handle;
        curl_multi_remove_handle(multi_, easy);
        running += start_next(easy) ? 1 : 0;
      }
      if (running > 0) {
        curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
      }
    }
    return well;
  }

 private:
  bool start_next(CURL* easy) {
    if (next_ == bodies_.size()) {
      return false;
    }
    const std::string& body = bodies_[next_++];
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_multi_add_handle(multi_, easy);
    return true;
  }

  std::unique_ptr<curl_slist, Free> headers_;
  const std::vector<std::string>& bodies_;
  std::size_t next_ = 0;
  CURLM* multi_;
  std::vector<std::unique_ptr<CURL, Free>> easy_;
};

}  // namespace

double raw_inserts(const std::filesystem::path& folder, std::size_t messages) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open((folder / "raw.db").c_str(), &opened);
  const std::unique_ptr<sqlite3, Free> db(opened);
  ASSERT(code == SQLITE_OK);
  run(opened, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  run(opened,
      "CREATE TABLE message(seq INTEGER PRIMARY KEY, instance TEXT NOT NULL, ts INTEGER NOT NULL,"
      " body TEXT NOT NULL, UNIQUE(instance, ts))");
  sqlite3_stmt* prepared = nullptr;
  ASSERT(sqlite3_prepare_v2(opened, "INSERT INTO message(instance, ts, body) VALUES (?, ?, ?)", -1,
                            &prepared, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3_stmt, Free> insert(prepared);
  const std::string instance(64, 'a');
  sqlite3_bind_text(prepared, 1, instance.data(), static_cast<int>(instance.size()), SQLITE_STATIC);

  const auto bodies = request_bodies(messages, 1);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < messages;) {
    run(opened, "BEGIN IMMEDIATE");
    for (const std::size_t end = std::min(i + rows_per_transaction, messages); i < end; ++i) {
      sqlite3_bind_int64(prepared, 2, static_cast<sqlite3_int64>(i));
      sqlite3_bind_text(prepared, 3, bodies[i].data(), static_cast<int>(bodies[i].size()),
                        SQLITE_STATIC);
      ASSERT(sqlite3_step(prepared) == SQLITE_DONE);
      sqlite3_reset(prepared);
    }
    run(opened, "COMMIT");
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return static_cast<double>(messages) / seconds.count();
}

std::vector<std::string> request_bodies(std::size_t messages, std::size_t batch) {
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < messages;) {
    if (batch == 1) {
      bodies.push_back(sample_message(i++));
      continue;
    }
    std::string body = "[";
    for (const std::size_t end = std::min(i + batch, messages); i < end; ++i) {
      body += sample_message(i);
      body += ',';
    }
    body.back() = ']';
    bodies.push_back(std::move(body));
  }
  return bodies;
}

bool raw_posts(const std::string& url, const std::vector<std::string>& bodies,
               std::size_t in_flight) {
  return Posts(url, bodies, in_flight).run_to_end();
}

}  // namespace reporterd
