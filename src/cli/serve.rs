//! `ferrofuse serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use ferrofuse::features::parse_memory;
use ferrofuse::predict::Expressions;
use ferrofuse::serve::{Limits, Models, Server};
use ferrofuse::{Error, Progress, Result};
use serde_json::json;

use super::Context;
use super::faces::FaceArgs;
use super::models::ModelArgs;
use super::work::WorkArgs;

/// Show expressions and reports in the browser: a local web page with a small JSON API
///
/// The page takes a picture or the webcam and shows each face's box, what every model says and what they say together;
/// another one lists the reports in results/. Pictures are kept nowhere. Only this machine can connect unless --address
/// says otherwise. Without a model the reports can be read all the same. Ctrl-C stops the server when the running requests
/// are answered.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ferrofuse serve
  Models of your own, together, on any free port:
    ferrofuse serve --model cnn,dsift-cnn --dataset fer2013 --port 0
  From another program; /api/openapi.json describes the answer:
    curl --data-binary @holiday.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:8080/api/predict
    curl -F picture=@face.png 'http://127.0.0.1:8080/api/predict?face_crop=true'")]
pub struct ServeArgs {
    /// Where to listen: 127.0.0.1 for this machine alone, 0.0.0.0 for everyone who can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// The port, 0 for any free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// A name that the server answers to beside localhost and its addresses, such as that of a proxy before it; may be given
    /// again
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    faces: FaceArgs,
    /// The largest body of a request
    #[arg(long, value_name = "SIZE", default_value = "10MB", value_parser = |s: &str| parse_memory(s))]
    max_body: u64,
    /// The most pixels of a picture, by its header
    #[arg(long, value_name = "N", default_value_t = 25_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    max_pixels: u64,
    /// Seconds that a picture may take to arrive, and its answer to be found
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    timeout: f64,
    /// Pictures that are looked at at the same time; four more for each of them wait, others are told to come again
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrent: u16,
    #[command(flatten)]
    work: WorkArgs,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let expected = || "seconds from 0.1 to 3600".to_string();
    text.parse().ok().filter(|s| (0.1..=3600.0).contains(s)).ok_or_else(expected)
}

/// Runs the command.
pub fn run(args: &ServeArgs, context: &Context) -> anyhow::Result<()> {
    let models = models(args, context)?;
    let limits = Limits {
        body: args.max_body,
        pixels: args.max_pixels,
        time: Duration::from_secs_f64(args.timeout),
        concurrent: usize::from(args.concurrent),
    };
    let results = context.workspace.root().join("results");
    let server = Server::bind(SocketAddr::new(args.address, args.port), results, limits)
        .context("the server cannot start; another --port may be free, and 0 takes any that is")?
        .answering_to(args.host.clone());
    if let Models::Missing(why) = &models {
        context.progress.say(&format!("only reports are served: {why}"));
    }
    if !server.is_local() {
        // Said even with --quiet: whoever asked for quiet may not know.
        eprintln!(
            "warning: everyone who can reach this machine on {} can use its models and read its reports; without \
             --address only this machine can",
            server.address()
        );
    }
    let url = format!("http://{}", server.address());
    let value = json!({
        "url": url,
        "address": server.address().ip(),
        "port": server.address().port(),
        "local": server.is_local(),
        "models": match &models {
            Models::Loaded(e) => e.committee().members().iter().map(|m| m.name.as_str()).collect::<Vec<_>>(),
            Models::Missing(_) => Vec::new(),
        },
    });
    context.print(&format!("serving on {url} (Ctrl-C stops)"), &value);
    server.run(models, &context.progress)?;
    Ok(())
}

/// The models, or what to do about there being none where none was asked for by name.
fn models(args: &ServeArgs, context: &Context) -> Result<Models> {
    let committee = match args.models.committee(&args.work.runner(context), context) {
        Ok(committee) => committee,
        Err(Error::Missing { hint, .. }) if args.models.is_usual() => {
            return Ok(Models::Missing(format!("no model is here; {hint}")));
        }
        Err(e @ Error::FeatureOff { .. }) if args.models.is_usual() => return Ok(Models::Missing(e.to_string())),
        Err(e) => return Err(e),
    };
    match args.faces.faces(&committee) {
        Ok(faces) => Ok(Models::Loaded(Box::new(Expressions::new(committee, faces)))),
        Err(e @ Error::FeatureOff { .. }) if args.models.is_usual() => Ok(Models::Missing(e.to_string())),
        Err(e) => Err(e),
    }
}
