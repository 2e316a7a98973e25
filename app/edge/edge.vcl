# What the edge keeps, for whom, and until when. RFC 9111 is what it follows; the comments say where this goes beyond Varnish's own rules.
# Lifetimes come with the answers (`edge-headers.ts`). Headers that begin with Edge- stay in here: nobody sends them in or gets them out.
vcl 4.1;

import std;
import var;
import xkey;

# Written for each candidate: the replicas, and which of them is next.
include "./replicas.vcl";

# Fences. A fetch notes what stands there when it begins; what is noted changes with each purge. Of the pages: every purge ("purges"), and
# those after which nobody may be shown what was allowed before ("pages"). Of the images: the latter only ("images").
# "persons" and "accounts": what the service has said last of what was hidden.
sub vcl_init {
  if (!var.global_get("purges")) {
    var.global_set("purges", "0");
    var.global_set("pages", "0");
    var.global_set("images", "0");
  }
}

sub vcl_recv {
  unset req.http.Edge-Class;
  unset req.http.Edge-Outcome;
  unset req.http.Edge-Known;
  if (req.url == "/health/live" && req.method == "GET") {
    return (synth(200, "live"));
  }
  if (req.method != "GET" && req.method != "HEAD") {
    call class_of_path;
    return (pass);
  }
  # Whoever does not know a unit must give the whole (RFC 9110, 14.2), and may where several parts are asked for.
  if (req.http.Range !~ "(?i)^bytes\s*=\s*([0-9]+-[0-9]*|-[0-9]+)\s*$") {
    unset req.http.Range;
  }
  call leave_out_what_must_not_vary;
  call class_of_path;
  if (req.http.Edge-Class == "image") {
    # The same bytes for everybody who knows the name: who asks does not matter.
    # Of which photo it is says an address of the load, whose photos share a few pictures.
    if (req.url !~ "\?photo=[0-9]{1,10}$") {
      set req.url = regsub(req.url, "\?.*$", "");
    }
    unset req.http.Authorization;
    unset req.http.Cookie;
    unset req.http.Darkroom-Viewer;
    call accepted_format;
    return (hash);
  }
  if (req.http.Authorization || req.http.Darkroom-Viewer || req.http.Cookie ~ "(^|;)\s*__Host-darkroom=") {
    return (pass);
  }
  # Cookies of others say nothing to the service.
  unset req.http.Cookie;
  if (req.url ~ "^/health/") {
    set req.http.Edge-Class = "health";
    return (pass);
  }
  return (hash);
}

sub class_of_path {
  if (req.url ~ "^/media/[0-9a-f]{64}(/[0-9]+)?(\?|$)") {
    set req.http.Edge-Class = "image";
  } else if (req.url ~ "^/photos/[0-9]+/comments(\?|$)") {
    set req.http.Edge-Class = "comments";
  } else if (req.url ~ "^/photos/[0-9]+(\?|$)") {
    set req.http.Edge-Class = "photo";
  } else if (req.url ~ "^/users/[0-9]+/posts(\?|$)") {
    set req.http.Edge-Class = "profile";
  } else if (req.url ~ "^/users/[0-9]+/followers(\?|$)") {
    set req.http.Edge-Class = "followers";
  } else {
    set req.http.Edge-Class = "other";
  }
}

# Parameters by which others follow their visitors, and the order of those that are left.
sub leave_out_what_must_not_vary {
  if (req.url ~ "[?&](utm_[a-z_]+|gclid|fbclid|msclkid|mc_[ce]id)=") {
    set req.url = regsuball(req.url, "(?<=[?&])(utm_[a-z_]+|gclid|fbclid|msclkid|mc_[ce]id)=[^&]*(&|$)", "");
    set req.url = regsub(req.url, "[?&]$", "");
  }
  set req.url = std.querysort(req.url);
}

# Every browser's Accept is another one, and the service knows two answers: webp for who names it without a weight, and JPEG for who does
# not name it. Where there are weights, the header goes on as it is, and each is kept for itself.
sub accepted_format {
  if (req.http.Accept ~ "(?i)(^|,)\s*image/webp\s*(,|$)" && req.http.Accept !~ "^.{1001,}$") {
    set req.http.Accept = "image/webp";
  } else if (req.http.Accept !~ "(?i)webp" || req.http.Accept ~ "^.{1001,}$") {
    unset req.http.Accept;
  }
}

sub vcl_hash {
  # One service stands behind it: whatever a client calls it is no other page.
  hash_data(req.url);
  return (lookup);
}

sub vcl_hit {
  if (req.http.Edge-Class == "image") {
    set req.http.Edge-Known = var.global_get("images");
  } else {
    set req.http.Edge-Known = var.global_get("pages");
  }
  # It was on its way while rights changed, and may show what was allowed before. Or it has only just been entered, and something was
  # purged since it was asked for: a purge finds it only once it is entered.
  if (obj.http.Edge-Fence != req.http.Edge-Known
    || (obj.http.Edge-Purges && obj.http.Edge-Purges != var.global_get("purges")
      && std.real2time(std.real(obj.http.Edge-Kept, 0), now) > req.time - 1ms)) {
    if (req.restarts > 0) {
      return (pass);
    }
    set req.hash_always_miss = true;
    return (restart);
  }
  if (obj.ttl <= 0s) {
    set req.http.Edge-Outcome = "stale";
  } else if (obj.http.Edge-Kept && std.real2time(std.real(obj.http.Edge-Kept, 0), now) > req.time) {
    # The service was asked before this request came, and had not answered yet.
    set req.http.Edge-Outcome = "joined";
  } else {
    set req.http.Edge-Outcome = "hit";
  }
  return (deliver);
}

sub vcl_miss {
  set req.http.Edge-Outcome = "miss";
  return (fetch);
}

sub vcl_pass {
  set req.http.Edge-Outcome = "pass";
  return (fetch);
}

sub vcl_backend_fetch {
  if (bereq.http.Edge-Class == "image") {
    var.set("fence", var.global_get("images"));
    var.set("purges", "images");
  } else {
    var.set("fence", var.global_get("pages"));
    var.set("purges", var.global_get("purges"));
  }
  var.set("class", bereq.http.Edge-Class);
  unset bereq.http.Edge-Class;
  unset bereq.http.Edge-Outcome;
  unset bereq.http.Edge-Known;
  # By this the service knows that it may say what is for the edge alone: whoever asks past it, since it is dead, is not told.
  set bereq.http.Surrogate-Capability = {"edge="Surrogate/1.0""};
  set bereq.backend = replicas.backend();
  return (fetch);
}

sub vcl_backend_response {
  call heed_what_was_hidden;
  # It was asked for behind a stale answer, which stays where the service fails (RFC 5861, 4).
  if (bereq.is_bgfetch && beresp.status >= 500) {
    return (abandon);
  }
  unset beresp.http.Edge-Fence;
  unset beresp.http.Edge-Kept;
  unset beresp.http.Edge-Purges;
  unset beresp.http.Edge-Revalidated;
  # What one proxy says to its client is of that connection (RFC 9111, 3.1). Varnish knows the other fields of that kind.
  unset beresp.http.Proxy-Authentication-Info;
  unset beresp.http.Proxy-Connection;
  if (bereq.uncacheable) {
    return (deliver);
  }
  call lifetime_of_answer;
  if (beresp.ttl <= 0s || beresp.http.Set-Cookie || beresp.http.Vary ~ "\*") {
    # The next one asks for itself, without waiting for this one.
    set beresp.ttl = 5s;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    set beresp.uncacheable = true;
    return (deliver);
  }
  set beresp.http.Edge-Fence = var.get("fence");
  set beresp.http.Edge-Kept = std.time2real(now, 0.0);
  set beresp.http.xkey = beresp.http.Surrogate-Key + " at=" + regsuball(bereq.url, ",", "%2C");
  if (beresp.was_304) {
    set beresp.http.Edge-Revalidated = "1";
  }
  call leave_what_was_purged;
  return (deliver);
}

# Each answer says which changes the service knows by which something was hidden: so the edge hears of those whose own answers were lost, or
# went elsewhere. What is on its way, and this answer, was perhaps made before, and is not kept.
sub heed_what_was_hidden {
  if (beresp.http.Surrogate-Rights ~ "^[0-9]{1,15} [0-9]{1,15}$") {
    if (std.integer(regsub(beresp.http.Surrogate-Rights, " .*$", ""), 0) > std.integer(var.global_get("persons"), 0)) {
      var.global_set("purges", bereq.xid);
      var.global_set("pages", bereq.xid);
      var.global_set("persons", regsub(beresp.http.Surrogate-Rights, " .*$", ""));
    }
    if (std.integer(regsub(beresp.http.Surrogate-Rights, "^.* ", ""), 0) > std.integer(var.global_get("accounts"), 0)) {
      var.global_set("images", bereq.xid);
      var.global_set("accounts", regsub(beresp.http.Surrogate-Rights, "^.* ", ""));
    }
  }
  unset beresp.http.Surrogate-Rights;
}

# Something was purged since the service was asked, perhaps this: whoever waits gets it, and it is not kept. A purge that comes between
# this look and the entry does not find it: whoever has asked for it looks once more (`take_out_what_was_purged`).
sub leave_what_was_purged {
  if (var.get("purges") == "images") {
    return;
  }
  if (var.get("purges") != var.global_get("purges")) {
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
  } else {
    set beresp.http.Edge-Purges = var.get("purges");
  }
}

# The service tells the edge in a field of its own (RFC 9213), since what browsers keep cannot be purged; where that is no list of
# directives, it is as if it were not there. For all else, Cache-Control counts: where it asks for validation, nothing is answered past
# its lifetime (RFC 9111, 4.2.4). What stands in quotes is no directive, which Varnish does not know.
sub lifetime_of_answer {
  std.collect(beresp.http.CDN-Cache-Control);
  set beresp.http.Edge-Said = regsuball(beresp.http.CDN-Cache-Control, {""([^"\\]|\\.)*""}, {""""});
  if (beresp.http.Edge-Said ~ "^([a-z*][a-z0-9_.*-]*(=[^\s,;]+)?(\s*;[^,]*)?\s*(,\s*|$))+$") {
    call lifetime_that_was_said;
  } else {
    set beresp.http.Edge-Said = regsuball(beresp.http.Cache-Control, {""([^"\\]|\\.)*""}, {""""});
    if (beresp.http.Cache-Control ~ {"""}) {
      call lifetime_that_was_said;
    }
  }
  if (beresp.http.Edge-Said ~ "(?i)(no-store|no-cache|private)") {
    set beresp.ttl = 0s;
  }
  if (beresp.http.Edge-Said ~ "(?i)(must-revalidate|proxy-revalidate|s-maxage)") {
    set beresp.grace = 0s;
  }
  unset beresp.http.CDN-Cache-Control;
  unset beresp.http.Edge-Said;
  # What has an entity tag is asked for by it once its time is up.
  if (beresp.ttl > 0s && beresp.http.ETag) {
    set beresp.keep = 1h;
  }
}

sub lifetime_that_was_said {
  set beresp.ttl = 0s;
  set beresp.grace = 0s;
  if (beresp.http.Edge-Said ~ "(?i)(^|[ ,])s-maxage=[0-9]") {
    set beresp.ttl = std.duration(regsub(beresp.http.Edge-Said, "(?i)^.*s-maxage=([0-9]+).*$", "\1") + "s", 0s) - beresp.age;
  } else if (beresp.http.Edge-Said ~ "(?i)(^|[ ,])max-age=[0-9]") {
    set beresp.ttl = std.duration(regsub(beresp.http.Edge-Said, "(?i)^.*max-age=([0-9]+).*$", "\1") + "s", 0s) - beresp.age;
  }
  if (beresp.http.Edge-Said ~ "(?i)stale-while-revalidate=[0-9]") {
    set beresp.grace = std.duration(regsub(beresp.http.Edge-Said, "(?i)^.*stale-while-revalidate=([0-9]+).*$", "\1") + "s", 0s);
  }
}

sub vcl_backend_error {
  set beresp.http.Content-Type = "application/problem+json";
  set beresp.http.Cache-Control = "private, no-store";
  set beresp.http.Retry-After = "1";
  set beresp.status = 503;
  set beresp.reason = "Service Unavailable";
  synthetic("""{"type":"about:blank","title":"Service unreachable","status":503,"code":"SERVICE_UNREACHABLE","detail":"It did not answer the edge; send it again in a moment."}""");
  return (deliver);
}

sub vcl_synth {
  set resp.http.Cache-Control = "private, no-store";
  if (resp.status != 200) {
    # Something of this text has failed, for want of memory for a request. It is no answer of anybody, and counted as none.
    set resp.http.Content-Type = "application/problem+json";
    set resp.http.Retry-After = "1";
    set resp.status = 503;
    set resp.reason = "Service Unavailable";
    synthetic("""{"type":"about:blank","title":"Edge failed","status":503,"code":"SERVICE_UNREACHABLE","detail":"The edge could not pass it on; send it again in a moment."}""");
    return (deliver);
  }
  set resp.http.Content-Type = "application/json; charset=utf-8";
  synthetic("""{"status":"live"}""");
  # Whoever reads the log waits for its own mark.
  if (req.http.Edge-Mark ~ "^[0-9a-f-]{36}$") {
    std.log("edge:mark " + req.http.Edge-Mark);
  } else {
    std.log("edge:health none");
  }
  return (deliver);
}

sub vcl_deliver {
  call find_tag_in_list;
  if (req.http.Edge-Outcome == "miss" && resp.http.Edge-Revalidated) {
    set req.http.Edge-Outcome = "revalidated";
  }
  call take_out_what_was_purged;
  call purge_what_was_changed;
  call tell_versions;
  call tell_who_answered;
  unset resp.http.Surrogate-Key;
  unset resp.http.Surrogate-Purge;
  unset resp.http.Surrogate-Version;
  unset resp.http.xkey;
  unset resp.http.Edge-Fence;
  unset resp.http.Edge-Kept;
  unset resp.http.Edge-Purges;
  unset resp.http.Edge-Revalidated;
  unset resp.http.X-Varnish;
  std.log("edge:" + req.http.Edge-Class + " " + req.http.Edge-Outcome);
  return (deliver);
}

# Varnish compares one tag with the one that it has, and clients may name several, or any (RFC 9110, 13.1.2).
sub find_tag_in_list {
  if (req.http.If-None-Match ~ "[,*]" && resp.http.ETag) {
    set req.http.Edge-Known = regsub(resp.http.ETag, "^W/", "");
    if (req.http.If-None-Match ~ "^\s*\*\s*$" || std.strstr(req.http.If-None-Match, req.http.Edge-Known)) {
      set req.http.If-None-Match = resp.http.ETag;
    }
  }
}

# By now it is entered, and every purge that comes finds it.
sub take_out_what_was_purged {
  if (req.http.Edge-Outcome ~ "^(miss|revalidated)$" && resp.http.Edge-Purges && resp.http.Edge-Purges != var.global_get("purges")) {
    set req.http.Edge-Known = xkey.purge("at=" + regsuball(req.url, ",", "%2C"));
  }
}

# A write is answered once what it has changed is gone from here. First the fences move, so that nothing that is on its way is kept.
# What was refused or has failed takes nothing away (RFC 9111, 4.4), since anybody can send that; of a deletion that is sent again the
# service says what goes.
sub purge_what_was_changed {
  if (req.method == "GET" || req.method == "HEAD" || req.method == "OPTIONS" || req.method == "TRACE") {
    return;
  }
  if (resp.http.Surrogate-Purge || (resp.status >= 200 && resp.status < 400)) {
    var.global_set("purges", req.xid);
    if (resp.http.Surrogate-Purge ~ "(^| )pages( |$)") {
      var.global_set("pages", req.xid);
    }
    if (resp.http.Surrogate-Purge ~ "(^| )images( |$)") {
      var.global_set("images", req.xid);
    }
    # An address is kept by its form, and a write may have another one. A comma would begin another key, made up by whoever asks.
    call leave_out_what_must_not_vary;
    std.log("purge:" + xkey.purge(resp.http.Surrogate-Purge + " at=" + regsuball(req.url, ",", "%2C")));
  }
}

# Of a write which versions it has made, of a page which one it shows: whoever reads the log knows by these how late pages are.
sub tell_versions {
  if (resp.http.Surrogate-Version) {
    std.log("wrote:" + std.time2real(now, 0.0) + " " + resp.http.Surrogate-Version);
  } else if (resp.status == 200 && resp.http.Darkroom-Entry-Version && req.url ~ "^/photos/[0-9]+(/comments)?$"
    && (req.method == "GET" || req.method == "HEAD")) {
    set req.http.Edge-Known = regsub(regsub(req.url, "^/photos/([0-9]+)$", "photo-\1"), "^/photos/([0-9]+)/comments$", "comments-\1");
    std.log("shown:" + std.time2real(req.time, 0.0) + " " + req.http.Edge-Known + "=" + resp.http.Darkroom-Entry-Version);
  }
}

# RFC 9211. What the service said of its own caches was said of another request where the edge has answered.
sub tell_who_answered {
  if (req.http.Edge-Outcome == "hit" || req.http.Edge-Outcome == "stale") {
    set resp.http.Cache-Status = "edge; hit; ttl=" + std.integer(duration = obj.ttl);
  } else if (req.http.Edge-Outcome == "joined") {
    set resp.http.Cache-Status = "edge; fwd=miss; collapsed";
  } else if (req.http.Edge-Outcome == "revalidated") {
    set resp.http.Cache-Status = "edge; fwd=stale; fwd-status=304";
  } else {
    if (req.http.Edge-Outcome == "miss") {
      set req.http.Edge-Known = "edge; fwd=miss";
      if (!obj.uncacheable && obj.ttl > 0s) {
        set req.http.Edge-Known = "edge; fwd=miss; stored";
      }
    } else {
      set req.http.Edge-Known = "edge; fwd=bypass";
    }
    if (resp.http.Cache-Status) {
      set resp.http.Cache-Status = resp.http.Cache-Status + ", " + req.http.Edge-Known;
    } else {
      set resp.http.Cache-Status = req.http.Edge-Known;
    }
  }
}
